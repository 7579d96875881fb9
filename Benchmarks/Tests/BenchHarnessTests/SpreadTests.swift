import BenchHarness
import Testing

@Suite struct SpreadTests {
    @Test func theMedianOfAnOddNumberIsTheMiddleOneInWhateverOrderTheyCome() {
        #expect(Spread([5, 1, 4, 2, 3]) == Spread([1, 2, 3, 4, 5]))
        #expect(Spread([5, 1, 4, 2, 3]).median == 3)
    }

    @Test func theMedianOfAnEvenNumberIsTheMeanOfTheTwoInTheMiddle() {
        #expect(Spread([10, 1, 2, 4]).median == 3)
    }

    @Test func oneWildMeasurementMovesTheExtremesAndNotTheMedian() {
        let spread = Spread([10, 11, 12, 13, 9_000])
        #expect((spread.minimum, spread.median, spread.maximum) == (10, 12, 9_000))
    }

    @Test func oneMeasurementIsItsOwnMedianAndExtremes() {
        let spread = Spread([7])
        #expect((spread.minimum, spread.median, spread.maximum) == (7, 7, 7))
    }
}
