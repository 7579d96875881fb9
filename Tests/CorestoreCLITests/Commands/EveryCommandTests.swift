import Foundation
import Testing

/// What holds for every command, those to come included: read from what the program says of itself.
@Suite(.timeLimit(.minutes(5))) struct EveryCommandTests {
    private struct Tool: Decodable {
        let command: Description
    }

    private struct Description: Decodable {
        struct Argument: Decodable {
            struct Name: Decodable {
                let kind: String
                let name: String
            }

            let names: [Name]?
            let abstract: String?
        }

        let commandName: String
        let abstract: String?
        let discussion: String?
        let subcommands: [Description]?
        let arguments: [Argument]?
    }

    private func commands() async throws -> [Description] {
        let dump = try await Command.run(["--experimental-dump-help"]).output
        let tool = try JSONDecoder().decode(Tool.self, from: Data(dump))
        return (tool.command.subcommands ?? []).filter { $0.commandName != "help" }
    }

    @Test func hasAnAbstractExamplesAndJSON() async throws {
        let commands = try await commands()
        #expect(commands.count >= 22)
        for command in commands {
            let name = command.commandName
            #expect(command.abstract?.hasSuffix(".") == true, "\(name)")
            let examples = try #require(command.discussion?.components(separatedBy: "EXAMPLES\n").last, "\(name)")
            #expect(examples.contains("corestore \(name)"), "\(name)")
            let names = (command.arguments ?? []).flatMap { $0.names ?? [] }.map(\.name)
            #expect(names.contains("json"), "\(name)")
            for argument in command.arguments ?? [] { #expect(argument.abstract != nil, "\(name): \(names)") }
        }
    }

    @Test func errorsOfUsageAreJSONWhereThatWasAskedFor() async throws {
        for arguments in [["info", "--json", "--nonsense"], ["--json", "get", "a"], ["--json", "nonsense"]] {
            let result = try await Command.run(arguments)
            #expect(result.status == 64 && result.output.isEmpty)
            let problem = try #require(try result.problems().first)
            #expect(problem.event == "error" && problem.status == 64 && !problem.message.isEmpty)
        }
    }

    @Test func standsInTheManualWithAllItsOptions() async throws {
        let page = try await Command.run(["manual"]).text
        for command in try await commands() {
            #expect(page.contains("\n.SS \(command.commandName)\n"))
            for name in (command.arguments ?? []).flatMap({ $0.names ?? [] }) {
                let spelling = (name.kind == "long" ? "--" : "-") + name.name
                #expect(page.contains("\\fB\(spelling.replacing("-", with: "\\-"))\\fR"), "\(spelling)")
            }
        }
        for line in page.split(separator: "\n") where line.hasPrefix(".") {
            #expect(
                [".TH", ".SH", ".SS", ".PP", ".TP", ".B ", ".I ", ".RI", ".RS", ".RE", ".nf", ".fi"].contains {
                    line.hasPrefix($0)
                }, "\(line)")
        }
    }

    @Test func theManualIsDataAsWell() async throws {
        let lines = try await Command.run(["manual", "--json"]).text.split(separator: "\n")
        #expect(lines.count == 1)
        let command = try JSONDecoder().decode(Description.self, from: Data(lines[0].utf8))
        #expect(command.subcommands?.contains { $0.commandName == "mirror" } == true)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func isCompletedByAShell(shell: String) async throws {
        let script = try await Command.run(["--generate-completion-script", shell])
        #expect(script.status == 0)
        let text = script.text
        for command in try await commands() { #expect(text.contains(command.commandName)) }
    }
}
