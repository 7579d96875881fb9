import ArgumentParser

/// Looks for ways to lose or break what a store has acknowledged. See the README.
@main
struct CorestoreHunt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corestore-hunt",
        abstract: "Stops, cuts off and fails stores in thousands of ways, and checks that they keep their word.",
        subcommands: [
            KillCommand.self, PowerCommand.self, PowerImagesCommand.self, FaultsCommand.self, AuditCommand.self,
        ])
}
