/// How numbers are put for people.
enum Words {
    /// "1 block", "12,345 blocks".
    static func blocks(_ count: UInt64) -> String {
        count == 1 ? "1 block" : "\(grouped(count)) blocks"
    }

    /// "1 core", "12,345 cores".
    static func cores(_ count: UInt64) -> String {
        count == 1 ? "1 core" : "\(grouped(count)) cores"
    }

    /// "1 connection", "17 connections".
    static func connections(_ count: Int) -> String {
        count == 1 ? "1 connection" : "\(count) connections"
    }

    /// "999 B", "1.2 kB", "34.5 MB": decimal units, three digits.
    static func bytes(_ count: some BinaryInteger) -> String {
        var value = Double(count)
        guard value >= 1000 else { return "\(count) B" }
        var unit = 0
        let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return "\(digits(value)) \(units[unit])"
    }

    /// "0.31", "1.38"
    static func ratio(_ value: Double) -> String { digits(max(0, value)) }

    /// "118 MB/s"
    static func rate(_ bytesPerSecond: Double) -> String {
        "\(digits(max(0, bytesPerSecond) / 1_000_000)) MB/s"
    }

    /// "0:03", "12:45", "1:02:03"
    static func clock(seconds: Double) -> String {
        guard seconds.isFinite, seconds < 360_000 else { return "--:--" }
        let total = Int(seconds.rounded(.up))
        let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
        return hours > 0 ? "\(hours):\(padded(minutes)):\(padded(rest))" : "\(minutes):\(padded(rest))"
    }

    /// "0.42 s", "12.3 s", "2:05"
    static func duration(seconds: Double) -> String {
        seconds < 100 ? "\(digits(seconds)) s" : clock(seconds: seconds)
    }

    /// "1,234,567"
    static func grouped(_ number: UInt64) -> String {
        let digits = Array("\(number)")
        var text = ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Three digits: 1.23, 12.3, 123.
    private static func digits(_ value: Double) -> String {
        let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        let scale = [1, 10, 100][decimals]
        let scaled = Int((value * Double(scale)).rounded())
        guard decimals > 0 else { return "\(scaled)" }
        let fraction = "\(scaled % scale)"
        return "\(scaled / scale).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
    }
}
