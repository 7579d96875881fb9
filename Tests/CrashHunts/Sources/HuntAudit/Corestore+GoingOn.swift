public import Corestore
import Crypto
public import HuntWorkload
import Hypercore

extension Corestore {
    /// Appends to each of these logs, and makes those that are missing.
    ///
    /// - Parameter session: what the appends are told from others by; no other may have it.
    /// - Returns: what was acknowledged.
    public func appendToEach(of names: [String], as session: Int, seed: UInt64) async throws -> [JournalEntry] {
        var told: [JournalEntry] = []
        for (number, name) in names.enumerated() {
            let id = OperationID(session: session, task: 0, number: number)
            let log = try await get(name: name)
            let count = 1 + number % 3
            let blocks = (0..<count).map { part in
                BlockContent(operation: id, part: UInt32(part), parts: UInt32(count)).bytes(seed: seed)
            }
            let result = try await log.append(contentsOf: blocks)
            told.append(
                .acknowledged(
                    id, .append(core: log.key.text, firstPart: 0, count: count, length: result.length)))
            await log.close()
        }
        return told
    }
}
