import Crypto
import HypercoreStorage
import Manifest
import StorageEngine
import Synchronization

extension Core {
    /// The block `index`, if it is here.
    ///
    /// The head is looked at first and the store after, so a block may have gone in between (a truncation): then it is
    /// not here. It cannot be another log's block, because its generation is part of its key.
    func read(_ index: UInt64) throws -> [UInt8]? {
        guard let spans = try spans(holding: index) else { return nil }
        do {
            if let block = try stored.block(index, spans: spans) { return block }
        } catch {
            throw HypercoreError(error, key: key)
        }
        // The process that writes may have cut it off, or cleared it.
        if try followStored() { return try read(index) }
        // A change of ours may be on disk already, and be taken over only now.
        let isChanging = state.withLock { $0.underway.count > 0 }
        guard try isChanging || self.spans(holding: index) != spans else {
            throw HypercoreError(.damaged, key: key, "block \(index) should be stored here, and its record is missing")
        }
        return nil
    }

    /// Where block `index` lies; `nil` where it is not here.
    private func spans(holding index: UInt64) throws -> Spans? {
        try state.withLock { state in
            try requireChangeable(state)
            guard index < state.durable.length else { return nil }
            // A bitfield that cannot be read hides no block; `has` and the replication of the log say that it is damaged.
            let isHere = (try? state.blocks.contains(index)) ?? true
            return isHere ? state.durable.spans : nil
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
        case let error as StorageError where error.code == .suspended:
            self.init(.suspended, key: key, "the store is suspended; resume it to read from it")
        case let error as StorageError where error.code == .conflict:
            self.init(.conflict, key: key, "the log was changed underneath: \(error)")
        case let error as StorageError:
            self.init(.storage, key: key, "\(error)")
        case let error as StorageRecordError where error.code == .damaged:
            self.init(.damaged, key: key, "\(error)")
        case let error as ManifestError:
            self.init(Code(error.code), key: key, error.message)
        default:
            self.init(.storage, key: key, "\(error)")
        }
    }

    /// What whoever uses the log is thrown: a cancellation as it is, anything else in words of this module.
    static func translating(_ error: any Error, key: CoreKey?) -> any Error {
        error is CancellationError ? error : HypercoreError(error, key: key)
    }
}

extension HypercoreError.Code {
    fileprivate init(_ code: ManifestError.Code) {
        switch code {
        case .invalidQuorum, .fieldNotInVersion, .tooLarge, .foreignManifest: self = .invalidManifest
        case .unknownSigner, .quorumNotReached, .invalidSignature: self = .invalidSignature
        case .prologueMismatch: self = .prologueMismatch
        case .signingFailed: self = .signingFailed
        }
    }
}
