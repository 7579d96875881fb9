import CCorestoreLMDB
import Foundation
import Testing

@testable import StorageLMDB

/// Puts a pipe in the place of an engine's file, so that writes and syncs of it fail.
final class ReplacedDescriptor {
    private let descriptor: Int32
    private let original: Int32

    init(of engine: LMDBEngine) throws {
        var descriptor: mdb_filehandle_t = -1
        try #require(mdb_env_get_fd(engine.environment.pointer, &descriptor) == MDB_SUCCESS)
        self.descriptor = descriptor
        original = dup(descriptor)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        dup2(ends[1], descriptor)
        ends.forEach { close($0) }
    }

    func restore() {
        dup2(original, descriptor)
        close(original)
    }

    /// For a descriptor that has been closed in the meantime.
    func forget() { close(original) }
}
