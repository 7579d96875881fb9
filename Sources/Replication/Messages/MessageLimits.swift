/// The most that one message may hold. The protocol names hardly any bounds; these are above what a correct peer
/// sends, and keep a frame from costing more than the bytes it brings.
public enum MessageLimits {
    /// Nodes of a block's, a hash's or a seek's path: a tree has at most 53 levels.
    public static let pathNodes = 64
    /// Nodes of an upgrade, and as many additional ones: at most two a level.
    public static let upgradeNodes = 128
    /// Bytes of an upgrade's signature field, which many signers and their patches may share.
    public static let signatureByteLength = 256 * 1024
    /// Words of a bitfield: the largest window that can be wanted, 2,097,152 blocks.
    public static let bitfieldWords = 65_536
    /// Bytes of an extension's name.
    public static let extensionNameByteLength = 1024
}
