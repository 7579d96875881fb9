public import HuntWorkload

/// Which of the things that were not synced are on the disk after a power cut.
public struct Loss: Hashable, Sendable, CustomStringConvertible {
    /// Pages of files.
    public enum Pages: String, Sendable, CaseIterable {
        /// Nothing that was not synced.
        case none
        /// Everything that was written.
        case all
        /// Any pages, each in any state that it had.
        case some
        /// Any sectors of any pages.
        case torn
        /// The first two pages (LMDB's metas) as they were written last, any of the others.
        case metasFirst = "metas-first"
        /// The first two pages and nothing else.
        case onlyMetas = "only-metas"
        /// Not the first two pages, all others.
        case metasLast = "metas-last"
    }

    /// Names in directories.
    public enum Names: String, Sendable, CaseIterable {
        case none
        case all
        /// Those up to some moment, as where the file system keeps a journal.
        case ordered
        /// Any.
        case some
    }

    public let pages: Pages
    public let names: Names

    public init(pages: Pages, names: Names) {
        self.pages = pages
        self.names = names
    }

    public var description: String { "pages \(pages.rawValue), names \(names.rawValue)" }

    /// Draws one, any as likely as any other.
    public static func draw(using random: inout SeededRandom) -> Loss {
        Loss(
            pages: Pages.allCases.randomElement(using: &random) ?? .none,
            names: Names.allCases.randomElement(using: &random) ?? .none)
    }
}

// MARK: - Images

extension Disk {
    /// The files that are found after a power cut now, by their paths below the watched directory.
    public func image(after loss: Loss, using random: inout SeededRandom) -> DiskImage {
        let names = names(after: loss.names, using: &random)
        var image = DiskImage()
        if let root { collect(root, path: "", names, loss.pages, &random, into: &image) }
        return image
    }

    private func collect(
        _ directory: Inode, path: String, _ names: [Inode: [String: Inode]], _ loss: Loss.Pages,
        _ random: inout SeededRandom, into image: inout DiskImage
    ) {
        // In the order of names, so that the same seed makes the same image.
        for (name, inode) in names[directory, default: [:]].sorted(by: { $0.key < $1.key }) {
            let path = path.isEmpty ? name : path + "/" + name
            if let file = files[inode] {
                image.files[path] = DiskImage.File(inode: inode, bytes: file.image(after: loss, using: &random))
            } else {
                image.directories.append(path)
                collect(inode, path: path, names, loss, &random, into: &image)
            }
        }
    }

    private func names(after loss: Loss.Names, using random: inout SeededRandom) -> [Inode: [String: Inode]] {
        let count = names.later.count
        switch loss {
        case .none: return names.names { _ in false }
        case .all: return names.names { _ in true }
        case .ordered:
            let end = random.below(count + 1)
            return names.names { $0 < end }
        case .some: return names.names { _ in random.oneIn(2) }
        }
    }
}

extension FileOnDisk {
    func image(after loss: Loss.Pages, using random: inout SeededRandom) -> [UInt8] {
        // Sectors, pages and lengths draw from one sequence, one after another.
        var numbers = random
        defer { random = numbers }
        func any(_ count: Int) -> Int { numbers.below(count + 1) }
        func page(_ page: Int, _ count: Int) -> Int? {
            let isMeta = page < 2
            switch loss {
            case .none: return 0
            case .all: return count
            case .some: return any(count)
            case .torn: return nil
            case .metasFirst: return isMeta ? count : any(count)
            case .onlyMetas: return isMeta ? count : 0
            case .metasLast: return isMeta ? 0 : count
            }
        }
        return image(pages: page, sectors: { _, count in any(count) }) { count in
            switch loss {
            case .none, .onlyMetas: 0
            case .all, .metasLast: count
            case .some, .torn, .metasFirst: any(count)
            }
        }
    }
}
