import ArgumentParser

/// The program.
@main
struct Program {
    static func main() async {
        // A reader that has seen enough closes the pipe: an error to handle (see Descriptor), no reason to die.
        Signals.ignoreBrokenPipes()
        let arguments = ArgumentOrder.commandFirst(Array(CommandLine.arguments.dropFirst()))
        do {
            var command = try await CorestoreCommand.asyncParseAsRoot(arguments)
            // Most commands are asynchronous; the help that the parser brings along is not.
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error, json: ArgumentOrder.asksForJSON(arguments))
        }
    }

    /// Says what went wrong, as a line or an object, and ends.
    private static func end(with error: any Error, json: Bool) -> Never {
        let code = CorestoreCommand.exitCode(for: error)
        // What was asked for, help for instance, and what has been said already.
        guard !code.isSuccess, !(error is ExitCode) else { CorestoreCommand.exit(withError: error) }
        if json {
            let record = ErrorRecord(message: CorestoreCommand.message(for: error), status: code.rawValue)
            _ = try? Descriptor.standardError.write(Console.line(json: record))
        } else {
            let style = Style(isColoured: Descriptor.standardError.isTerminal)
            let message = CorestoreCommand.fullMessage(for: error)
            let label = "Error:"
            let words = message.hasPrefix(label) ? style.red(label) + message.dropFirst(label.count) : message
            _ = try? Descriptor.standardError.write(Array("\(words)\n".utf8))
        }
        CorestoreCommand.exit(withError: code)
    }
}
