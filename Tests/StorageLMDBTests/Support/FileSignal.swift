import Foundation

/// Something that happens once, and that several processes can wait for: a file that comes to be.
struct FileSignal: Sendable {
    let path: String

    /// - Parameter name: the same in all processes.
    init(_ name: String, beside store: String) {
        path = store + "-" + name
    }

    /// - Parameter words: what waiters get.
    func raise(_ words: String = "") throws {
        let draft = path + ".new"
        try words.write(toFile: draft, atomically: false, encoding: .utf8)
        rename(draft, path)
    }

    struct Missing: Error {
        let path: String
    }

    var isRaised: Bool { FileManager.default.fileExists(atPath: path) }

    /// Waits on a thread that may be blocked; not for ever, since nobody ends a process that waits for one that has failed.
    @discardableResult
    func wait() throws -> String {
        let deadline = ContinuousClock.now + .seconds(40)
        while !isRaised {
            guard ContinuousClock.now < deadline else { throw Missing(path: path) }
            sched_yield()
        }
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
