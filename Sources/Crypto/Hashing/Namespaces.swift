public import CompactEncoding

/// Separates the uses of a hash or a key, so that what was made for one cannot pass for another (PROTOCOL §2).
public enum Namespaces {
    /// Derives the namespaces of `name`: `H(H(name) ‖ i)` for i from 0, `count` of them (at most 256).
    public static func derive(_ name: String, count: Int) -> [Bytes32] {
        precondition((0...256).contains(count), "a namespace's index is one byte: \(count)")
        let base = BLAKE2b.hash(Array(name.utf8)).array
        return (0..<count).map { index in BLAKE2b.hash(base + [UInt8(index)]) }
    }

    /// The namespaces of logs.
    public enum Log {
        private static let all = derive("hypercore", count: 6)
        /// Begins the message that a tree's signers sign.
        public static let tree = all[0]
        /// Keys the initiator's capability on a channel.
        public static let replicateInitiator = all[1]
        /// Keys the responder's capability on a channel.
        public static let replicateResponder = all[2]
        /// Begins the message whose hash is a core's key.
        public static let manifest = all[3]
        /// A signer's namespace where a manifest names no other.
        public static let defaultNamespace = all[4]
        /// Derives the key under which blocks are encrypted.
        public static let defaultEncryption = all[5]
    }

    /// The namespace from which a store derives its key pairs.
    public static let corestore = derive("corestore", count: 1)[0]

    /// The namespaces of the encrypted stream.
    public enum Stream {
        private static let all = derive("hyperswarm/secret-stream", count: 3)
        /// Keys the initiator's stream id.
        public static let initiator = all[0]
        /// Keys the responder's stream id.
        public static let responder = all[1]
        /// Keys messages sent beside the stream.
        public static let send = all[2]
    }
}
