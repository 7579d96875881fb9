import Crypto
import HypercoreStorage
import StorageEngine
import Synchronization

extension Core {
    /// The block `index`, if it is here.
    ///
    /// The head is looked at first and the store after, so a block may have gone in between (a truncation): then it is
    /// not here. It cannot be another log's block, because its generation is part of its key.
    func read(_ index: UInt64) throws -> [UInt8]? {
        let spans: Spans? = try state.withLock { state in
            guard !state.isClosed else { throw HypercoreError(.closed, key: key, "the log is closed") }
            return index < state.durable.length ? state.durable.spans : nil
        }
        guard let spans else { return nil }
        do {
            return try stored.block(index, spans: spans)
        } catch {
            throw HypercoreError(error, key: key)
        }
    }

    /// Whether block `index` is here.
    func has(_ index: UInt64) throws -> Bool {
        do {
            return try state.withLock { state in
                guard index < state.durable.length else { return false }
                return try state.blocks.contains(index)
            }
        } catch {
            throw HypercoreError(error, key: key)
        }
    }
}

extension HypercoreError {
    /// Words a failure of the floors below for whoever uses the log.
    init(_ error: any Error, key: CoreKey?) {
        switch error {
        case let error as HypercoreError:
            self = error
        case let error as StorageError where error.code == .closed:
            self.init(.closed, key: key, "the store is closed")
        case let error as StorageError where error.code == .conflict:
            self.init(.conflict, key: key, "the log was changed underneath: \(error)")
        case let error as StorageError:
            self.init(.storage, key: key, "\(error)")
        case let error as StorageRecordError:
            self.init(.damaged, key: key, "\(error)")
        default:
            self.init(.storage, key: key, "\(error)")
        }
    }
}
