import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Images of single characters in random fonts: turned, warped, with a line across, under uneven light, noisy. The
 * fonts are made here, because the fonts of the Java runtime differ between machines, and so would the results.
 */
final class Glyphs {

    /** Height and width of an image in pixels. */
    static final int SIZE = 16;

    /** The skeletons: strokes of points, each point a digit for x and one for y, from 00 at the top left to 88. */
    private static final Map<Character, String> LETTERS = new TreeMap<>(Map.ofEntries(
            Map.entry('A', "08 40 88;25 65"),
            Map.entry('B', "00 08;00 50 82 44 04;44 86 58 08"),
            Map.entry('C', "82 60 20 02 06 28 68 86"),
            Map.entry('D', "00 08;00 50 83 85 58 08"),
            Map.entry('E', "80 00 08 88;04 64"),
            Map.entry('F', "80 00 08;04 64"),
            Map.entry('G', "82 60 20 02 06 28 68 86 85 55"),
            Map.entry('H', "00 08;80 88;04 84"),
            Map.entry('J', "80 86 68 28 06"),
            Map.entry('K', "00 08;80 04 88"),
            Map.entry('L', "00 08 88"),
            Map.entry('M', "08 00 45 80 88"),
            Map.entry('N', "08 00 88 80"),
            Map.entry('O', "40 70 82 86 68 28 06 02 20 40"),
            Map.entry('P', "00 08;00 60 82 65 05"),
            Map.entry('R', "00 08;00 60 82 64 04;44 88"),
            Map.entry('S', "82 60 20 02 24 64 86 68 28 06"),
            Map.entry('T', "00 80;40 48"),
            Map.entry('U', "00 06 28 68 86 80"),
            Map.entry('Z', "00 80 08 88")));

    private static final Map<Character, String> DIGITS = new TreeMap<>(Map.ofEntries(
            Map.entry('0', "40 70 82 86 68 28 06 02 20 40;26 62"),
            Map.entry('1', "12 40 48;28 68"),
            Map.entry('2', "02 20 60 82 84 08 88"),
            Map.entry('3', "01 30 70 82 44;44 86 68 28 07"),
            Map.entry('4', "68 60 05 85"),
            Map.entry('5', "80 10 04 63 85 68 18 07"),
            Map.entry('6', "70 20 05 28 68 86 64 24 06"),
            Map.entry('7', "00 80 38"),
            Map.entry('8', "44 12 30 50 72 44 06 28 68 86 44"),
            Map.entry('9', "82 60 20 02 24 64 83 68 18")));

    private final List<String> skeletons;
    private final SplittableRandom random;

    private Glyphs(Map<Character, String> characters, SplittableRandom random) {
        this.skeletons = List.copyOf(characters.values());
        this.random = random;
    }

    static int letters() {
        return LETTERS.size();
    }

    static int digits() {
        return DIGITS.size();
    }

    /** Images of letters. Another seed has other fonts. */
    static Images ofLetters(int count, int fonts, long seed) {
        return new Glyphs(LETTERS, new SplittableRandom(seed)).images(count, fonts);
    }

    /** Images of digits. Another seed has other fonts. */
    static Images ofDigits(int count, int fonts, long seed) {
        return new Glyphs(DIGITS, new SplittableRandom(seed)).images(count, fonts);
    }

    /** The same number of images of each character. */
    private Images images(int count, int fonts) {
        List<Font> made = new ArrayList<>();
        List<List<List<double[][]>>> strokes = new ArrayList<>();
        for (int i = 0; i < fonts; i++) {
            Font font = Font.random(random);
            made.add(font);
            strokes.add(skeletons.stream()
                    .map(skeleton -> font.strokes(skeleton, random))
                    .toList());
        }
        float[] pixels = new float[count * SIZE * SIZE];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            labels[i] = i % skeletons.size();
            int font = random.nextInt(fonts);
            Picture picture = new Picture(SIZE, random);
            picture.draw(strokes.get(font).get(labels[i]), made.get(font).weight());
            picture.copyTo(pixels, i * SIZE * SIZE);
        }
        return new Images(pixels, labels);
    }
}
