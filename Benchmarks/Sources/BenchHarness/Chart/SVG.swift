/// A drawing, element by element, as text that is the same for the same calls.
///
/// Colours are classes, defined once for light and for dark surroundings: whoever shows the file picks by what the reader
/// prefers.
struct SVG {
    let width: Double
    let height: Double
    private var elements: [String] = []

    /// An empty drawing.
    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    /// What a colour is for.
    enum Role: String, CaseIterable {
        case text
        case faint
        case rule
        case reached
        case missed
        case goal
        case first
        case second
        case third
        case fourth
    }

    /// Where a text begins, ends or has its middle.
    enum Anchor: String {
        case start
        case middle
        case end
    }

    mutating func rectangle(x: Double, y: Double, width: Double, height: Double, _ role: Role) {
        elements.append(
            """
            <rect class="\(role.rawValue)" x="\(number(x))" y="\(number(y))" width="\(number(width))" \
            height="\(number(height))" rx="2"/>
            """)
    }

    mutating func line(from start: (x: Double, y: Double), to end: (x: Double, y: Double), _ role: Role) {
        elements.append(
            """
            <line class="\(role.rawValue)" x1="\(number(start.x))" y1="\(number(start.y))" x2="\(number(end.x))" \
            y2="\(number(end.y))"/>
            """)
    }

    mutating func path(through points: [(x: Double, y: Double)], _ role: Role) {
        let coordinates = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
        elements.append("<polyline class=\"\(role.rawValue)\" points=\"\(coordinates)\"/>")
        for point in points {
            elements.append(
                "<circle class=\"\(role.rawValue)\" cx=\"\(number(point.x))\" cy=\"\(number(point.y))\" r=\"3\"/>")
        }
    }

    mutating func text(_ text: String, x: Double, y: Double, _ anchor: Anchor = .start, _ role: Role = .text) {
        elements.append(
            """
            <text class="\(role.rawValue)" x="\(number(x))" y="\(number(y))" text-anchor="\(anchor.rawValue)">\
            \(escaped(text))</text>
            """)
    }

    /// The drawing as a file. `title` is read out to those who do not see it.
    func rendered(title: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="\(number(width))" height="\(number(height))" \
        viewBox="0 0 \(number(width)) \(number(height))" role="img">
        <title>\(escaped(title))</title>
        <style>
        \(Self.style)
        </style>
        \(elements.joined(separator: "\n"))
        </svg>

        """
    }

    // MARK: - Colours

    /// Dark and light share the hues; what changes is how light they are. Reached and missed differ in lightness too, for
    /// those who do not tell green from red.
    private static let style = """
        text { font: 12px ui-sans-serif, system-ui, sans-serif; fill: #1f2328 }
        text.faint { fill: #59636e }
        line, polyline { stroke-width: 1; fill: none }
        polyline { stroke-width: 2 }
        line.rule { stroke: #d1d9e0 } line.goal { stroke: #1f2328; stroke-width: 2 }
        polyline.goal { stroke: #59636e; stroke-dasharray: 4 4 } circle.goal { fill: #59636e }
        rect.reached { fill: #2da44e } rect.missed { fill: #b35900 }
        .first { stroke: #0969da } circle.first { fill: #0969da }
        .second { stroke: #b35900 } circle.second { fill: #b35900 }
        .third { stroke: #8250df } circle.third { fill: #8250df }
        .fourth { stroke: #1a7f37 } circle.fourth { fill: #1a7f37 }
        text.first, text.second, text.third, text.fourth { stroke: none }
        text.first { fill: #0969da } text.second { fill: #b35900 } text.third { fill: #8250df } text.fourth { fill: #1a7f37 }
        @media (prefers-color-scheme: dark) {
        text { fill: #f0f6fc } text.faint { fill: #9198a1 }
        line.rule { stroke: #3d444d } line.goal { stroke: #f0f6fc }
        polyline.goal { stroke: #9198a1 } circle.goal { fill: #9198a1 }
        rect.reached { fill: #2ea043 } rect.missed { fill: #db8b3a }
        .first { stroke: #4493f8 } circle.first, text.first { fill: #4493f8 }
        .second { stroke: #db8b3a } circle.second, text.second { fill: #db8b3a }
        .third { stroke: #ab7df8 } circle.third, text.third { fill: #ab7df8 }
        .fourth { stroke: #3fb950 } circle.fourth, text.fourth { fill: #3fb950 }
        }
        """

    // MARK: - Text

    /// At most one decimal: a tenth of a pixel is not seen, and the file stays the same on every machine.
    private func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let fraction = abs(tenths % 10)
        return (tenths < 0 ? "-" : "") + "\(abs(tenths) / 10)" + (fraction == 0 ? "" : ".\(fraction)")
    }

    private func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
    }
}
