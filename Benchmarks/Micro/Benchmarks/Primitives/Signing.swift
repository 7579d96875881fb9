import Benchmark
import Crypto

/// One signature a commit of who writes, one verification an upgrade of who reads. A signable tree has 112 bytes.
func signing() {
    let message = [UInt8](repeating: 3, count: 112)
    Benchmark("sign") { benchmark in
        let keyPair = KeyPair()
        for _ in benchmark.scaledIterations { blackHole(keyPair.sign(message)) }
    }
    Benchmark("verify") { benchmark in
        let keyPair = KeyPair()
        let signature = keyPair.sign(message)
        for _ in benchmark.scaledIterations { blackHole(keyPair.publicKey.verifies(signature, of: message)) }
    }
}
