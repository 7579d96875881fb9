import Foundation
import HuntDisk

extension DiskImage {
    /// Makes `directory` hold this and nothing else.
    ///
    /// - Parameters:
    ///   - inodes: a file that tells the shim which file stands for which (`HUNT_INODES`).
    ///   - known: what the files of the record stood for themselves.
    func write(to directory: String, inodes: String? = nil, known: ShownInodes = ShownInodes()) throws {
        try Workspace.makeEmpty(directory)
        for path in directories {
            try FileManager.default.createDirectory(
                atPath: directory + "/" + path, withIntermediateDirectories: false)
        }
        var shown = ShownInodes()
        for (path, file) in files {
            let target = directory + "/" + path
            try Data(file.bytes).write(to: URL(filePath: target))
            shown[try inode(of: target)] = known[file.inode.number] ?? file.inode.number
        }
        if let inodes { try shown.write(to: inodes) }
    }

    private func inode(of path: String) throws -> UInt64 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemFailure(path) }
        return UInt64(status.st_ino)
    }
}

/// Which inodes are shown in the place of which, so that a file that was made again from a record is taken for the one that
/// was recorded.
struct ShownInodes {
    private var shown: [UInt64: UInt64] = [:]

    /// All are shown as they are.
    init() {}

    init(reading path: String) throws {
        for line in String(decoding: try readFile(path), as: UTF8.self).split(separator: "\n") {
            let numbers = line.split(separator: " ").compactMap { UInt64($0) }
            if numbers.count == 2 { shown[numbers[0]] = numbers[1] }
        }
    }

    subscript(inode: UInt64) -> UInt64? {
        get { shown[inode] }
        set { shown[inode] = newValue }
    }

    func write(to path: String) throws {
        let lines = shown.map { "\($0.key) \($0.value)\n" }
        try Data(lines.joined().utf8).write(to: URL(filePath: path))
    }
}
