package io.github.clnorm.tools.comparison;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;

/** Short, distinct names of devices. */
final class Labels {

    private static final int LONGEST = 40;

    private Labels() {}

    /**
     * A name for each device: its own name; if several are equal, with the platform; then with the file; then with a
     * number.
     */
    static List<String> of(List<SavedRun> runs, List<SavedDevice> devices) {
        List<String> labels =
                new ArrayList<>(devices.stream().map(SavedDevice::shortName).toList());
        distinguish(
                labels, (i, label) -> label + " · " + platform(devices.get(i).platform()));
        distinguish(labels, (i, label) -> label + " · " + file(runs.get(i).source()));
        for (int i = 0; i < labels.size(); i++) {
            for (int number = 2; labels.subList(0, i).contains(labels.get(i)); number++) {
                labels.set(i, labels.get(i).replaceAll(" \\(\\d+\\)$", "") + " (" + number + ")");
            }
        }
        return labels;
    }

    private static void distinguish(List<String> labels, BiFunction<Integer, String, String> longer) {
        List<String> before = List.copyOf(labels);
        List<String> all = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            all.add(longer.apply(i, before.get(i)));
        }
        for (int i = 0; i < before.size(); i++) {
            // Added only if it distinguishes some of the equal names.
            if (Collections.frequency(before, before.get(i)) > Collections.frequency(all, all.get(i))) {
                labels.set(i, all.get(i));
            }
        }
    }

    /** The name without trademark signs, and without the text that CPU drivers put around the processor's name. */
    static String shortened(String name) {
        String plain = name.replaceAll("\\((?:R|TM|C)\\)", "")
                .replaceFirst("^(?:pthread|cpu)-(?:[\\w.]+-)*?(?=[A-Z])", "")
                .replaceFirst("^llvmpipe \\(LLVM ([\\d.]+).*", "llvmpipe (LLVM $1)")
                .replaceAll("\\b(?:Processor|CPU) @", "@")
                .replaceAll("[\\p{Cntrl}\\s]+", " ")
                .strip();
        if (plain.isEmpty()) {
            return "a device without a name";
        }
        return plain.codePointCount(0, plain.length()) <= LONGEST
                ? plain
                : plain.substring(0, plain.offsetByCodePoints(0, LONGEST - 1)).strip() + "…";
    }

    private static String platform(String platform) {
        return switch (platform) {
            case "Portable Computing Language" -> "PoCL";
            case "NVIDIA CUDA" -> "NVIDIA";
            case "AMD Accelerated Parallel Processing" -> "AMD";
            default -> shortened(platform);
        };
    }

    private static String file(String source) {
        String name = source.replaceFirst("\\.json$", "");
        return name.isEmpty() ? source : name;
    }
}
