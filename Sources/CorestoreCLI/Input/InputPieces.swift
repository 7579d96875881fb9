/// The bytes of an input in pieces, as they come. Waiting for them can be cancelled.
struct InputPieces: AsyncSequence {
    typealias Element = [UInt8]

    let input: Descriptor

    struct Iterator: AsyncIteratorProtocol {
        private static let pieceByteCount = 1 << 20

        let input: Descriptor

        mutating func next() async throws -> [UInt8]? {
            let (input, wakeup) = (input, try Wakeup())
            let piece = try await withTaskCancellationHandler {
                try await LiveInput.onThread {
                    wakeup.waits(for: input) ? try input.read(upTo: Self.pieceByteCount) : nil
                }
            } onCancel: {
                wakeup.wake()
            }
            guard let piece else { throw CancellationError() }
            return piece.isEmpty ? nil : piece
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(input: input) }
}
