import CompactEncoding
public import Crypto
import HypercoreStorage

/// The discovery keys of a store's cores, read a page at a time, so that listing a large store holds up nothing.
///
/// Cores that are made while the list is read may or may not be in it.
public struct CoreList: AsyncSequence, Sendable {
    let directory: CoreDirectory
    let namespace: Bytes32?

    /// Reads the list once.
    public struct Iterator: AsyncIteratorProtocol {
        private static let pageSize = 256

        let directory: CoreDirectory
        let namespace: Bytes32?
        private var page: ArraySlice<DiscoveryKey> = []
        private var last: DiscoveryKey?
        private var isAtEnd = false

        init(directory: CoreDirectory, namespace: Bytes32?) {
            self.directory = directory
            self.namespace = namespace
        }

        /// The next discovery key.
        ///
        /// - Throws: ``CorestoreError``: `.closed`, `.storage`.
        public mutating func next() async throws -> DiscoveryKey? {
            do {
                if page.isEmpty, !isAtEnd { try readPage() }
            } catch {
                throw CorestoreError(error)
            }
            last = page.popFirst()
            return last
        }

        private mutating func readPage() throws {
            if let namespace {
                page = try directory.list(namespace: namespace)[...]
                isAtEnd = true
            } else {
                page = try directory.list(after: last, limit: Self.pageSize)[...]
                isAtEnd = page.count < Self.pageSize
            }
        }
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(directory: directory, namespace: namespace)
    }
}
