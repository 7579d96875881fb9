extension FigureReport {
    /// The report as one line of JSON.
    ///
    /// `median`, `min`, `max` are ours and `floor` is the floor's median, all in `unit` (more is better unless
    /// `lessIsBetter`); `peakMemoryMB` is anonymous memory, `peakMappedMB` pages of mapped files, both of ours, in
    /// millions of bytes. Beside those: the efficiency in processor time, the floor's extremes and memory, and the size
    /// that was run.
    public var jsonLine: String {
        let fields: [(String, String)] = [
            ("figure", quoted(workload.figure.rawValue)),
            ("unit", quoted(workload.figure.unit.rawValue)),
            ("median", number(ours.median)),
            ("min", number(ours.minimum)),
            ("max", number(ours.maximum)),
            ("runs", String(runCount)),
            ("floor", number(floor.median)),
            ("efficiency", number(efficiency)),
            ("peakMemoryMB", megabytes(ourPeak?.anonymous)),
            ("peakMappedMB", megabytes(ourPeak?.mapped)),
            ("resultHash", quoted(resultHash)),
            ("cpuEfficiency", number(processorEfficiency)),
            ("floorMin", number(floor.minimum)),
            ("floorMax", number(floor.maximum)),
            ("floorPeakMemoryMB", megabytes(floorPeak?.anonymous)),
            ("floorPeakMappedMB", megabytes(floorPeak?.mapped)),
            ("lessIsBetter", String(workload.figure.unit.isBetterWhenLess)),
            ("size", quoted(workload.size.rawValue)),
        ]
        return "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }

    // Every string here is a name or hexadecimal digits: none needs escapes.
    private func quoted(_ text: String) -> String { "\"\(text)\"" }

    private func number(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }

    private func megabytes(_ bytes: Int?) -> String { bytes.map { number(Double($0) / 1e6) } ?? "null" }
}
