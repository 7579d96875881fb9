import Bitfield
import TestSupport

/// A plain bitfield to compare with: where the value may change, and the value from there on. It never merges anything.
struct BitModel {
    /// Ascending from 0; the last one is the end, past which all bits are clear.
    private(set) var cuts: [UInt64]
    /// One for each space between two cuts.
    private var values: [Bool]

    init(length: UInt64) {
        cuts = [0, length]
        values = [false]
    }

    var range: Range<UInt64> { 0..<cuts[cuts.count - 1] }

    subscript(index: UInt64) -> Bool {
        guard range.contains(index) else { return false }
        var space = 0
        while cuts[space + 1] <= index { space += 1 }
        return values[space]
    }

    mutating func set(_ range: Range<UInt64>, to value: Bool) {
        let range = range.clamped(to: self.range)
        guard !range.isEmpty else { return }
        var space = cut(at: range.lowerBound)
        let end = cut(at: range.upperBound)
        while space < end {
            values[space] = value
            space += 1
        }
    }

    /// The index of the cut at `position`, made if it is not there.
    private mutating func cut(at position: UInt64) -> Int {
        var index = 0
        while cuts[index] < position { index += 1 }
        if cuts[index] != position {
            cuts.insert(position, at: index)
            values.insert(values[index - 1], at: index)
        }
        return index
    }

    func runs(in range: Range<UInt64>, of value: Bool = true) -> [Range<UInt64>] {
        var runs: [Range<UInt64>] = []
        for space in values.indices where values[space] == value {
            let part = (cuts[space]..<cuts[space + 1]).clamped(to: range)
            guard !part.isEmpty else { continue }
            if let last = runs.last, last.upperBound == part.lowerBound {
                runs[runs.count - 1] = last.lowerBound..<part.upperBound
            } else {
                runs.append(part)
            }
        }
        return runs
    }

    func first(_ value: Bool, in range: Range<UInt64>) -> UInt64? {
        runs(in: range, of: value).first?.lowerBound
    }

    func last(_ value: Bool, in range: Range<UInt64>) -> UInt64? {
        runs(in: range, of: value).last.map { $0.upperBound - 1 }
    }

    func count(in range: Range<UInt64>) -> UInt64 {
        runs(in: range).reduce(0) { $0 + UInt64($1.count) }
    }

    func words(from start: UInt64, count: Int) -> [UInt32] {
        (0..<UInt64(count)).map { word in
            (0..<32).reduce(UInt32(0)) { $0 | (self[start + 32 * word + $1] ? 1 << UInt32($1) : 0) }
        }
    }
}

/// The lowest index of `range` that `isMatch` holds for, where its answer can change only at `cuts`.
func firstIndex(in range: Range<UInt64>, cuts: [UInt64], where isMatch: (UInt64) -> Bool) -> UInt64? {
    guard !range.isEmpty else { return nil }
    return ([range.lowerBound] + cuts.filter(range.contains)).sorted().first(where: isMatch)
}

/// Ranges that like the edges of words and pages, some short and some over several pages.
struct RangeSource {
    var generator: SeededGenerator
    let length: UInt64

    init(seed: UInt64, length: UInt64) {
        generator = SeededGenerator(seed: seed)
        self.length = length
    }

    mutating func next(upTo end: UInt64) -> UInt64 { .random(in: 0..<end, using: &generator) }

    /// Words with few changes in them; mostly the same one several times.
    mutating func word() -> UInt32 {
        [0, 0, .max, .max, .max, .max, .max, .max, 1, 1 << 31, 0xffff][Int(next(upTo: 11))]
    }

    mutating func index() -> UInt64 {
        let base = next(upTo: length + 1)
        let near: UInt64 =
            switch next(upTo: 4) {
            case 0: base / 32_768 * 32_768
            case 1: base / 64 * 64
            case 2: base / 32 * 32
            default: base
            }
        switch next(upTo: 4) {
        case 0: return near > 0 ? near - 1 : 0
        case 1: return min(near + 1, length)
        default: return min(near, length)
        }
    }

    mutating func range() -> Range<UInt64> {
        let first = index()
        let second = next(upTo: 3) == 0 ? index() : min(first + next(upTo: 200), length)
        return min(first, second)..<max(first, second)
    }
}
