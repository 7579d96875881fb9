/// The manual page of the whole program, in the language of man(7).
struct ManualPage {
    private let tool: CommandDescription
    private let version: String
    private var lines: [String] = []

    /// - Parameter tool: the program, with all its commands.
    init(_ tool: CommandDescription, version: String) {
        self.tool = tool
        self.version = version
    }

    /// The page's source.
    var text: String {
        var page = self
        page.writeHead()
        page.writeOptions()
        page.writeCommands()
        page.writeSections()
        return page.lines.joined(separator: "\n") + "\n"
    }

    private var commands: [CommandDescription] {
        (tool.subcommands ?? []).filter { $0.commandName != "help" && $0.shouldDisplay ?? true }
    }

    /// The options that nearly all commands have, which are described once.
    private static let common: Set = ["--store", "--namespace", "--json", "--version", "--help"]
}

// MARK: - Parts

extension ManualPage {
    private mutating func writeHead() {
        let name = tool.commandName
        lines.append(".TH \(name.uppercased()) 1 \"\" \"\(name) \(Self.escaped(version))\" \"User Commands\"")
        lines.append(".SH NAME")
        lines.append("\(name) \\- \(Self.escaped(tool.abstract ?? ""))")
        lines.append(".SH SYNOPSIS")
        lines.append(".B \(name)\n.I command\n.RI [ options ]")
        lines.append(".SH DESCRIPTION")
        for paragraph in Discussion(tool.discussion ?? "").paragraphs { write(paragraph: paragraph) }
    }

    private mutating func writeOptions() {
        lines.append(".SH OPTIONS")
        write(paragraph: "Nearly every command takes these, before its name or behind it.")
        var seen: Set<String> = []
        for argument in commands.flatMap({ $0.arguments ?? [] }) where Self.common.contains(argument.id) {
            if seen.insert(argument.id).inserted { write(argument) }
        }
    }

    private mutating func writeCommands() {
        lines.append(".SH COMMANDS")
        for command in commands {
            let arguments = (command.arguments ?? []).filter { $0.shouldDisplay ?? true }
            lines.append(".SS \(command.commandName)")
            lines.append(".B \(tool.commandName) \(command.commandName)")
            for argument in arguments where argument.kind == .positional { lines.append(Self.synopsis(argument)) }
            lines.append(".RI [ options ]")
            write(paragraph: command.abstract ?? "")
            let discussion = Discussion(command.discussion ?? "")
            for paragraph in discussion.paragraphs { write(paragraph: paragraph) }
            for argument in arguments where !Self.common.contains(argument.id) { write(argument) }
            for section in discussion.sections {
                lines.append(".PP\n.I \(section.heading.prefix(1) + section.heading.dropFirst().lowercased())")
                write(verbatim: section.lines)
            }
        }
    }

    private mutating func writeSections() {
        for section in Discussion(tool.discussion ?? "").sections {
            lines.append(".SH \(section.heading)")
            write(verbatim: section.lines)
        }
    }
}

// MARK: - Pieces

extension ManualPage {
    private mutating func write(paragraph: String) {
        guard !paragraph.isEmpty else { return }
        lines.append(".PP\n\(Self.escaped(paragraph))")
    }

    private mutating func write(verbatim text: [String]) {
        lines.append(".PP\n.nf\n.RS 2")
        lines += text.map(Self.escaped)
        lines.append(".RE\n.fi")
    }

    private mutating func write(_ argument: ArgumentDescription) {
        lines.append(".TP")
        let value = argument.valueName.map { "\\fI\(Self.escaped($0))\\fR" } ?? ""
        switch argument.kind {
        case .positional: lines.append(value)
        case .flag: lines.append(Self.spellings(argument))
        case .option: lines.append("\(Self.spellings(argument)) \(value)")
        }
        var words = [argument.abstract ?? "", argument.discussion ?? ""].filter { !$0.isEmpty }
        if let value = argument.defaultValue { words.append("(default: \(value))") }
        // A line of its own where nothing is said, for the tag needs one.
        lines.append(words.isEmpty ? "\\&" : Self.escaped(words.joined(separator: " ")))
    }

    private static func spellings(_ argument: ArgumentDescription) -> String {
        (argument.names ?? []).map { "\\fB\(escaped($0.spelling))\\fR" }.joined(separator: ", ")
    }

    private static func synopsis(_ argument: ArgumentDescription) -> String {
        let name = escaped(argument.valueName ?? "")
        let dots = argument.isRepeating ? " ..." : ""
        return argument.isOptional ? ".RI [ \(name) \"]\(dots)\"" : ".I \(name)\(dots)"
    }

    /// Text that the formatter leaves as it is: backslashes and hyphens escaped, and no line that begins as a request.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if !result.isEmpty { result.append("\n") }
            if line.hasPrefix(".") || line.hasPrefix("'") { result += "\\&" }
            for character in line {
                switch character {
                case "\\": result += "\\e"
                case "-": result += "\\-"
                default: result.append(character)
                }
            }
        }
        return result
    }
}
