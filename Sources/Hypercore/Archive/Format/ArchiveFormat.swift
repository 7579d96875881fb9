/// One log as one file: manifest, signed head, proofs and blocks, each part verifiable as soon as it is read.
///
/// ```text
/// archive   magic 8 ‖ u8 version ‖ header ‖ chunk* ‖ end          nothing follows the end
/// frame     u8 kind ‖ u32 payload length ‖ payload                each of the following is one
///
/// header 1  key 32 ‖ buffer manifest ‖ u64 fork ‖ u64 length ‖ array(root) ‖ buffer signature
/// chunk  2  array(run) ‖ array(uint size) ‖ array(node) ‖ u8 form ‖ buffer content
/// end    3  u64 chunks ‖ u64 blocks ‖ u64 bytes                   of all chunks before it
///
/// run       uint first ‖ uint count       blocks that are in the chunk; ascending, with gaps between them
/// root      uint size ‖ hash 32           the roots of a tree of this length, left to right
/// node      uint size ‖ hash 32           in the order in which a walk down to the chunk's blocks meets them
/// size      of each block
/// form      0: content is the blocks, one after the other; 1: it is one zstd frame of that
/// ```
///
/// Numbers of fixed width are little-endian, the others those of PROTOCOL §1. Neither roots nor nodes carry an index:
/// the length says where roots stand, and ``ArchiveFrontier`` which nodes a chunk needs after those before it. Of a full log
/// no node comes twice, and there are at most a few for a chunk.
///
/// There is no secret in an archive: of the log's owner only the public key and signatures. Trust comes from the core's
/// key alone: the manifest hashes to it, a signer of the manifest signed the roots, and every chunk leads to them.
enum ArchiveFormat {
    static let magic = Array("corearc\n".utf8)
    static let version: UInt8 = 1

    enum Kind: UInt8 {
        case header = 1
        case chunk = 2
        case end = 3

        /// The longest payload that a frame of this kind may claim.
        var byteLimit: Int {
            switch self {
            // A manifest and a signature, each as long as the module Manifest takes them.
            case .header: 4 << 20
            case .chunk: Hypercore.maximumBlockByteCount + 256 << 10
            case .end: 24
            }
        }
    }

    /// A kind and a length.
    static let frameHeadByteCount = 5

    /// The blocks of a chunk lie within one such aligned run: that bounds how many nodes it can need.
    static let chunkBlockCount: UInt64 = 1024
    /// The bytes of the blocks of a chunk, unless it is of one block.
    static let chunkByteCount = 1 << 20

    /// The run of blocks that a chunk with block `index` may take from.
    static func window(around index: UInt64) -> Range<UInt64> {
        let start = index & ~(chunkBlockCount - 1)
        return start..<start + chunkBlockCount
    }
}
