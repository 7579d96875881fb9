import ArgumentParser

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `corestore manual`: the manual page, made of the same texts as the help, so that it is never out of date.
struct ManualCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Write the manual page of this program to standard output.",
        discussion: """
            With --json, the same as data: every command, with its options and what is said of them.

            EXAMPLES
              corestore manual | man -l -
              corestore manual > /usr/local/share/man/man1/corestore.1
            """
    )

    @Flag(help: "Print one JSON object a line.")
    var json = false

    func run() async throws {
        let tool = try JSONDecoder().decode(ToolDescription.self, from: Data(CorestoreCommand._dumpHelp().utf8))
        let console = Console(json: json)
        if json { return try console.print(json: tool.command) }
        let page = ManualPage(tool.command, version: CorestoreCommand.configuration.version)
        try console.write(Array(page.text.utf8))
    }
}
