import Crypto
import HypercoreStorage

extension Core {
    /// Throws where a key cannot be one of user data.
    static func check(_ userKey: [UInt8], of key: CoreKey) throws(HypercoreError) {
        guard (1...CoreWrite.maximumUserKeyByteCount).contains(userKey.count) else {
            throw HypercoreError(
                .outOfBounds, key: key,
                "a key of user data has 1 to \(CoreWrite.maximumUserKeyByteCount) bytes, not \(userKey.count)")
        }
    }

    func userData(_ userKey: [UInt8]) throws -> [UInt8]? {
        do {
            try Self.check(userKey, of: key)
            return try stored.userData(userKey)
        } catch {
            throw HypercoreError(error, key: key)
        }
    }

    func setUserData(_ value: [UInt8]?, for userKey: [UInt8]) async throws {
        try Self.check(userKey, of: key)
        try await change(byteCount: 512 + (value?.count ?? 0)) { draft, _ in
            draft.set(userData: value, for: userKey)
        }
    }
}
