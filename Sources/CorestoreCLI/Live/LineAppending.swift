import ArgumentParser
import Corestore
import Hypercore

/// Appends each line of standard input to a core while something else goes on; options of `serve` and `sync --live`.
struct LineAppending: ParsableArguments {
    @Option(
        help: ArgumentHelp("Append each line of standard input to this core meanwhile.", valueName: "name"),
        completion: .coreNames)
    var append: String?

    @OptionGroup var encryption: EncryptionOption

    var readsInput: Bool { append != nil }

    /// Opens the core, if one is named.
    func openCore(_ writing: WritingOptions, in store: Corestore) async throws -> Hypercore? {
        guard let append else { return nil }
        return try await writing.openCore(append, encryption, in: store)
    }

    /// Appends until standard input ends, or the task is cancelled; what was read is appended first.
    static func appendLines(to core: Hypercore) async throws {
        try await LiveInput.forEachBatch(of: .standardInput, cutting: .line) { batch in
            try await core.append(contentsOf: batch)
        }
    }
}
