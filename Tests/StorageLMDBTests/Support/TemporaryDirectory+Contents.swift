import Foundation
import StorageEngine
import StorageLMDB
import TestSupport
import Testing

extension TemporaryDirectory {
    /// The paths of the files and empty directories in it, in order.
    func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
            var isDirectory: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isDirectory)
            guard exists, isDirectory.boolValue else { return true }
            return try FileManager.default.contentsOfDirectory(atPath: path + "/" + name).isEmpty
        }.sorted()
    }

    /// The environments in it.
    func environments() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + "/data").sorted()
    }

    /// Copies all files, as they are at this moment: what would be left if the machine stopped now.
    ///
    /// Another process does it, because this one loses LMDB's locks as soon as it closes a lock file.
    func duplicate() throws -> TemporaryDirectory {
        let duplicate = try TemporaryDirectory()
        try #require(try ChildProcess.run(URL(filePath: "/bin/cp"), ["-R", path + "/.", duplicate.path]) == 0)
        return duplicate
    }

    func fileByteCount(_ file: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path + "/" + file)[.size] as? Int)
    }
}

extension StorageEngine {
    /// All records.
    func contents() throws -> [String: String] {
        try read { snapshot in
            var contents: [String: String] = [:]
            try snapshot.scan(records, KeyRange()) { key, value in
                contents[key.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }] =
                    value.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
                return .next
            }
            return contents
        }
    }

    /// Removes records, by key.
    func delete(_ keys: some Sequence<String>, _ durability: Durability = .relaxed) throws {
        let keys = keys.map { Array($0.utf8) }
        try write(durability: durability) { transaction throws(StorageError) in
            for key in keys { try transaction.delete(records, key: key.span.bytes) }
        }
    }
}

extension LMDBEngine {
    /// Puts records of different lengths, some of them of several pages, and deletes every other.
    func populate(_ count: Int = 200) throws {
        for start in stride(from: 0, to: count, by: 50) {
            try put(
                Dictionary(
                    uniqueKeysWithValues: (start..<min(start + 50, count)).map { number in
                        ("record \(number)", String(repeating: "\(number) ", count: number % 7 == 0 ? 3_000 : number))
                    }))
        }
        try delete(stride(from: 0, to: count, by: 2).map { "record \($0)" })
    }
}
