public import CompactEncoding
public import Crypto
import HypercoreStorage

/// The discovery keys of a store's cores, read a page at a time, so that listing a large store holds up nothing.
///
/// Cores that are made while the list is read may or may not be in it.
public struct CoreList: AsyncSequence, Sendable {
    let store: Corestore
    let namespace: Bytes32?

    /// Reads the list once.
    public struct Iterator: AsyncIteratorProtocol {
        private static let pageSize = 256

        private let list: CoreList
        private var page: ArraySlice<DiscoveryKey> = []
        private var last: DiscoveryKey?
        /// The last core of the page, in the list of a namespace.
        private var lastNamed: NamedCore?
        private var isAtEnd = false

        init(_ list: CoreList) {
            self.list = list
        }

        /// The next discovery key.
        ///
        /// - Throws: ``CorestoreError``: `.closed`, `.suspended`, `.storage`.
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
            try list.store.requireOpen()
            let directory = list.store.root.directory
            if let namespace = list.namespace {
                let named = try directory.named(in: namespace, after: lastNamed, limit: Self.pageSize)
                page = named.map(\.discoveryKey)[...]
                lastNamed = named.last
            } else {
                page = try directory.list(after: last, limit: Self.pageSize)[...]
            }
            isAtEnd = page.count < Self.pageSize
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}

extension Corestore {
    /// The discovery keys of all cores in the store, or of the named ones of `namespace` in the order of their names.
    public func list(namespace: Bytes32? = nil) -> CoreList {
        CoreList(store: self, namespace: namespace)
    }
}
