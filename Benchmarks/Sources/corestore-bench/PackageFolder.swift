#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The folder of this package, where what is committed lies.
enum PackageFolder {
    /// The path of something in it, from the working directory: the package itself, or the repository that it is in.
    static func path(of name: String) -> String {
        FileManager.default.fileExists(atPath: "FLOORS.md") ? name : "Benchmarks/\(name)"
    }
}
