import Corestore
import CorestoreNIO
import Foundation
import Hypercore

/// A chat between processes, over TCP: `Chat host STORE NAME [HOST:PORT]` prints an invitation, and
/// `Chat join STORE NAME INVITATION` takes it.
///
/// Everybody appends what they say to a log of their own, in a store of their own, and copies the logs of the others. So
/// what was said is there after a restart, also without the others, and nobody can put words into another's mouth.
@main
struct ChatCommand {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("host", 3):
            try await host(arguments[1], as: arguments[2], on: .anyLocalPort)
        case ("host", 4):
            guard let endpoint = Endpoint(arguments[3]) else { stop("\(arguments[3]) is no HOST:PORT") }
            try await host(arguments[1], as: arguments[2], on: endpoint)
        case ("join", 4):
            guard let invitation = Invitation(arguments[3]) else { stop("\(arguments[3]) is no invitation") }
            try await join(arguments[1], as: arguments[2], invitation)
        default:
            stop("usage: Chat host STORE NAME [HOST:PORT]\n       Chat join STORE NAME INVITATION")
        }
    }

    private static func host(_ path: String, as name: String, on endpoint: Endpoint) async throws {
        let store = try await Corestore.open(at: path)
        let conversation = try await Conversation(in: .hosted(in: store), as: name)
        let server = try await ReplicationServer.listen(on: endpoint, serving: store)
        Terminal.print("invitation: \(Invitation(endpoint: server.endpoint, room: conversation.room.key))")
        try await conversation.run()
        await server.shutdown()
        try await store.close()
    }

    private static func join(_ path: String, as name: String, _ invitation: Invitation) async throws {
        let store = try await Corestore.open(at: path)
        let conversation = try await Conversation(in: .joined(invitation.room, in: store), as: name)
        do {
            let connection = try await ReplicationClient().connect(to: invitation.endpoint, replicating: store)
            async let farewell: Void = tellOfTheEnd(of: connection)
            try await conversation.run()
            await connection.close()
            await farewell
        } catch let error as TransportError {
            Terminal.print("* \(error.message); what you say is kept until you join again")
            try await conversation.run()
        }
        try await store.close()
    }

    /// Waits for the end of a connection, and says so unless it was we who ended it.
    private static func tellOfTheEnd(of connection: ReplicationConnection) async {
        if case .closedLocally = await connection.waitUntilClosed() { return }
        Terminal.print("* the host is gone; what you say is kept until you join again")
    }

    private static func stop(_ message: String) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(64)
    }
}
