import java.util.SplittableRandom;

/** Random numbers that are the same in every Java version. */
final class Randoms {

    private Randoms() {}

    static double between(SplittableRandom random, double from, double to) {
        return from + (to - from) * random.nextDouble();
    }

    /** Mean 0 and deviation 1: a sum of uniform numbers, which is nearly normally distributed. */
    static double normal(SplittableRandom random) {
        double sum = -6;
        for (int i = 0; i < 12; i++) {
            sum += random.nextDouble();
        }
        return sum;
    }

    /** The numbers from 0 to count - 1 in random order. */
    static int[] permutation(SplittableRandom random, int count) {
        int[] result = new int[count];
        for (int i = 0; i < count; i++) {
            int other = random.nextInt(i + 1);
            result[i] = result[other];
            result[other] = i;
        }
        return result;
    }
}
