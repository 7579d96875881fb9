import Foundation

/// A file in pieces of 64 KiB, each of which becomes a block: what a client that seeks has to wait for at least.
struct FilePieces: AsyncSequence, Sendable {
    static let pieceByteCount = 64 << 10

    let path: String

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(path: path) }

    struct AsyncIterator: AsyncIteratorProtocol {
        let path: String
        private var file: FileHandle?

        init(path: String) {
            self.path = path
        }

        mutating func next() async throws -> [UInt8]? {
            let file = try self.file ?? FileHandle(forReadingFrom: URL(filePath: path))
            self.file = file
            return try file.read(upToCount: FilePieces.pieceByteCount).map { Array($0) }
        }
    }
}
