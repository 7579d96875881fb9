import Testing

@testable import CorestoreCLI

@Suite struct ArgumentOrderTests {
    @Test(arguments: [
        (["--store", "a", "info", "--name", "log"], ["info", "--store", "a", "--name", "log"]),
        (["--json", "--store=a", "list"], ["list", "--json", "--store=a"]),
        (["--namespace", "x", "--namespace", "y", "get", "0"], ["get", "--namespace", "x", "--namespace", "y", "0"]),
        (["info", "--store", "a"], ["info", "--store", "a"]),
        (["--help"], ["--help"]), ([], []), (["--store"], ["--store"]), (["--store", "a"], ["--store", "a"]),
    ])
    func commonOptionsMayStandBeforeTheCommand(given: [String], expected: [String]) {
        #expect(ArgumentOrder.commandFirst(given) == expected)
    }
}
