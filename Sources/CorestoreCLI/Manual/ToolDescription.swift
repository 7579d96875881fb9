/// What the argument parser says of a command and its options (`--experimental-dump-help`), as far as a manual needs it.
struct ToolDescription: Decodable {
    let command: CommandDescription
}

struct CommandDescription: Codable {
    let commandName: String
    let abstract: String?
    let discussion: String?
    let subcommands: [CommandDescription]?
    let arguments: [ArgumentDescription]?
    let shouldDisplay: Bool?
}

struct ArgumentDescription: Codable {
    enum Kind: String, Codable {
        case positional, option, flag
    }

    struct Name: Codable {
        let kind: String
        let name: String

        /// "-y", "--yes"
        var spelling: String { (kind == "long" ? "--" : "-") + name }
    }

    let kind: Kind
    let isOptional: Bool
    let isRepeating: Bool
    let names: [Name]?
    let valueName: String?
    let defaultValue: String?
    let abstract: String?
    let discussion: String?
    let shouldDisplay: Bool?

    /// What distinguishes it from the others of its command.
    var id: String { names?.last?.spelling ?? valueName ?? "" }
}
