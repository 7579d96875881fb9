/// Lets the options of every command stand before its name as well: `corestore --store DIR info --name log`.
///
/// The parser knows options of a subcommand only behind the subcommand's name, so that is where they are moved.
enum ArgumentOrder {
    private static let optionsWithValue: Set<String> = ["--store", "--namespace"]
    private static let flags: Set<String> = ["--json"]

    /// The arguments with the leading common options moved behind the command's name.
    static func commandFirst(_ arguments: [String]) -> [String] {
        var position = 0
        while position < arguments.count {
            let argument = arguments[position]
            let name = String(argument.prefix { $0 != "=" })
            if flags.contains(argument) || (optionsWithValue.contains(name) && name != argument) {
                position += 1
            } else if optionsWithValue.contains(argument) {
                position += 2
            } else {
                break
            }
        }
        guard position > 0, position < arguments.count else { return arguments }
        return [arguments[position]] + arguments[..<position] + arguments[(position + 1)...]
    }

    /// Whether what is said is to be said as JSON, also where the arguments cannot be parsed.
    static func asksForJSON(_ arguments: [String]) -> Bool {
        arguments.prefix { $0 != "--" }.contains("--json")
    }
}
