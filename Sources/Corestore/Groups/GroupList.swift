import CompactEncoding
public import Hypercore
import HypercoreStorage

/// The logs of a group by when they last changed, read a page at a time; see ``Corestore/group(_:since:order:)``.
///
/// Oldest first, a log that changes while the list is read comes again at its end. Newest first, it may be missed.
public struct GroupList: AsyncSequence, Sendable {
    let store: Corestore
    let topic: Bytes32
    let since: UInt64
    let order: GroupOrder

    /// Reads the list once.
    public struct Iterator: AsyncIteratorProtocol {
        private static let pageSize = 256

        private let list: GroupList
        private var page: ArraySlice<GroupEntry> = []
        private var last: GroupEntry?
        private var isAtEnd = false

        init(_ list: GroupList) {
            self.list = list
        }

        /// The next log, and when it last changed.
        ///
        /// - Throws: ``CorestoreError``: `.closed`, `.storage`.
        public mutating func next() async throws -> GroupUpdate? {
            do {
                if page.isEmpty, !isAtEnd { try readPage() }
            } catch {
                throw CorestoreError(error)
            }
            guard let entry = page.popFirst() else { return nil }
            last = entry
            return GroupUpdate(topic: list.topic, discoveryKey: entry.discoveryKey, timestamp: entry.timestamp)
        }

        private mutating func readPage() throws {
            try list.store.requireOpen()
            page = try list.store.root.directory.logs(
                of: list.topic, since: list.since, order: list.order, after: last, limit: Self.pageSize)[...]
            isAtEnd = page.count < Self.pageSize
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}
