/// The long text of a command's help, taken apart: paragraphs, and sections of lines that stay as they are.
///
/// A section is a heading in capitals with indented lines below it.
struct Discussion {
    struct Section {
        let heading: String
        /// Without their common indentation.
        let lines: [String]
    }

    private(set) var paragraphs: [String] = []
    private(set) var sections: [Section] = []

    init(_ text: String) {
        let parts = text.split(separator: "\n", omittingEmptySubsequences: false).split { $0.isEmpty }
        for part in parts {
            guard let heading = part.first, part.count > 1, heading.allSatisfy({ $0.isUppercase || $0 == " " }) else {
                paragraphs.append(part.joined(separator: " "))
                continue
            }
            let lines = part.dropFirst()
            let indentation = lines.map { $0.prefix { $0 == " " }.count }.min() ?? 0
            sections.append(
                Section(heading: String(heading), lines: lines.map { String($0.dropFirst(indentation)) }))
        }
    }
}
