import Foundation
import StorageEngine
import StorageRocksDB
import Testing

/// What a crash leaves, which is the files as they are while the engine is open.
@Suite struct CrashTests {
    @Test(arguments: Durability.allCases)
    func `what was committed is in the files at once`(_ durability: Durability) throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        let remains = try TemporaryDirectory()
        for number in 0..<5 {
            try engine.put(["\(number)": "1"], durability)
            try remains.copy(directory)
            let survivor = try remains.open()
            #expect(try survivor.keys() == (0...number).map(String.init))
            try survivor.close()
        }
        try engine.close()
    }

    @Test func `a log that ends anywhere leaves the first transactions, whole`() throws {
        let directory = try TemporaryDirectory()
        try directory.open().close()
        let engine = try directory.open()
        for number in 0..<3 {
            try engine.write(durability: .relaxed) { transaction throws(StorageError) in
                let key = Array("\(number)".utf8)
                for table in [records, others] {
                    try transaction.put(table, key: key.span.bytes, value: key.span.bytes)
                }
            }
        }
        let log = try directory.newestLog()
        let remains = try TemporaryDirectory()
        var counts: Set<Int> = []
        for length in 0...log.bytes.count {
            try remains.copy(directory)
            try log.bytes.prefix(length).write(to: URL(filePath: remains.path + "/" + log.name))
            let survivor = try remains.open()
            let keys = try survivor.keys()
            #expect(keys == (0..<keys.count).map(String.init), "a log of \(length) bytes")
            #expect(try survivor.keys(in: others) == keys, "a log of \(length) bytes")
            counts.insert(keys.count)
            try survivor.close()
        }
        #expect(counts == Set(0...3))
        try engine.close()
    }
}

extension TemporaryDirectory {
    fileprivate func newestLog() throws -> (name: String, bytes: Data) {
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".log") }
        let name = try #require(names.max())
        return (name, try Data(contentsOf: URL(filePath: path + "/" + name)))
    }
}
