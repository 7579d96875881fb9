import Foundation

/// Where a hunt keeps its stores, and what it leaves behind of those that it found broken.
struct Workspace {
    /// In memory where the system has such a place: nothing of a hunt needs to last.
    let path: String
    private let failures: String

    init(_ hunt: String) throws {
        let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        path = "\(parent)/corestore-hunt-\(hunt)-\(ProcessInfo.processInfo.processIdentifier)"
        failures = Programs.packageDirectory + "/hunt-failures/\(hunt)"
        try Self.makeEmpty(path)
    }

    /// Removes everything but what was kept.
    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    static func makeEmpty(_ path: String) throws {
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    static func removeIfThere(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Copies files or directories to where they stay, and returns where that is.
    func keep(_ paths: [String], as name: String) -> String {
        let target = failures + "/" + name
        try? Self.makeEmpty(target)
        for path in paths {
            try? FileManager.default.copyItem(
                atPath: path, toPath: target + "/" + (path.split(separator: "/").last.map(String.init) ?? "x"))
        }
        return target
    }
}

/// The programs and the library beside this one, all made by the same build.
enum Programs {
    static var directory: String {
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    }
    /// The directory of this package, which the programs are built in.
    static var packageDirectory: String {
        directory.range(of: "/.build/").map { String(directory[..<$0.lowerBound]) } ?? "."
    }

    static var writer: String { directory + "/crash-writer" }
    static var hunt: String { directory + "/corestore-hunt" }
    static var shim: String { directory + "/libHuntShim.so" }
}
