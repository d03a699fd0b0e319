package io.github.clnorm.tools.scaling;

import java.util.Locale;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;

/** The tables of the simulation, as Markdown. */
final class ScalingTables {

    private static final int[] DEVICES = {1, 2, 4, 8};
    private static final int[] MACHINES = {1, 2, 4, 8, 16, 32, 64};
    private static final int OF_MACHINE = 8;

    private final StringBuilder text = new StringBuilder();

    private ScalingTables() {}

    static String text() {
        ScalingTables tables = new ScalingTables();
        tables.rates();
        tables.oneMachine();
        tables.manyMachines();
        return tables.text.toString().strip() + "\n";
    }

    private void rates() {
        heading("Assumed rates");
        text.append("| what | value | source |\n|---|---|---|\n");
        for (Rate rate : Rate.values()) {
            row(rate.text, number(rate.value) + (rate.unit.isEmpty() ? "" : " " + rate.unit), rate.source);
        }
    }

    private void oneMachine() {
        Streaming direct = new Streaming(Streaming.Source.HOST, 1);
        table(
                "GPU",
                DEVICES,
                "Streaming from host memory, a link for each GPU",
                (t, n) -> direct.of(t, 1, n),
                always());
        Streaming pairs = new Streaming(Streaming.Source.HOST, 2);
        table(
                "GPU",
                DEVICES,
                "Streaming from host memory, two GPUs share a link",
                (t, n) -> pairs.of(t, 1, n),
                always());
        Streaming drives = new Streaming(Streaming.Source.DRIVES, 1);
        table("GPU", DEVICES, "Streaming from and to drives", (t, n) -> drives.of(t, 1, n), always());
        Training exact = new Training(Collective.EXACT_SUMS);
        table("GPU", DEVICES, "A training step, by exact sums", (t, n) -> exact.of(t, 1, n), Training::fits);
        Training blocks = new Training(Collective.ALL_BLOCKS);
        table(
                "GPU",
                DEVICES,
                "A training step, by the moments of all blocks",
                (t, n) -> blocks.of(t, 1, n),
                Training::fits);
    }

    private void manyMachines() {
        Streaming drives = new Streaming(Streaming.Source.DRIVES, 1);
        table(
                "machine",
                MACHINES,
                "Machines of 8 GPUs, streaming from and to their own drives",
                (t, n) -> drives.of(t, n, OF_MACHINE),
                always());
        Streaming storage = new Streaming(Streaming.Source.STORAGE, 1);
        table(
                "machine",
                MACHINES,
                "Machines of 8 GPUs, streaming from and to a file server",
                (t, n) -> storage.of(t, n, OF_MACHINE),
                always());
        BiPredicate<ScaledTensor, Integer> fits = (t, n) -> Training.fits(t, n * OF_MACHINE);
        Training exact = new Training(Collective.EXACT_SUMS);
        table(
                "machine",
                MACHINES,
                "Machines of 8 GPUs, a training step, by exact sums",
                (t, n) -> exact.of(t, n, OF_MACHINE),
                fits);
        Training blocks = new Training(Collective.ALL_BLOCKS);
        table(
                "machine",
                MACHINES,
                "Machines of 8 GPUs, a training step, by the moments of all blocks",
                (t, n) -> blocks.of(t, n, OF_MACHINE),
                fits);
    }

    private static BiPredicate<ScaledTensor, Integer> always() {
        return (tensor, count) -> true;
    }

    /** A row for each tensor: the time of the least number that it fits on, then speedups with their efficiency. */
    private void table(
            String what,
            int[] counts,
            String title,
            BiFunction<ScaledTensor, Integer, Estimate> model,
            BiPredicate<ScaledTensor, Integer> fits) {
        heading(title);
        StringBuilder head = new StringBuilder("| tensor |");
        StringBuilder line = new StringBuilder("|---|");
        for (int count : counts) {
            head.append(' ').append(count).append(' ').append(what).append(count == 1 ? " |" : "s |");
            line.append("---|");
        }
        text.append(head).append(" limit, first and last |\n").append(line).append("---|\n");
        for (ScaledTensor tensor : ScaledTensor.ALL) {
            StringBuilder cells = new StringBuilder("| " + tensor + " |");
            int first = 0;
            double base = 0;
            Bottleneck limit = null;
            Estimate last = null;
            for (int count : counts) {
                if (!fits.test(tensor, count)) {
                    cells.append(" does not fit |");
                    continue;
                }
                last = model.apply(tensor, count);
                if (first == 0) {
                    first = count;
                    base = last.total();
                    limit = last.limit();
                    cells.append(' ').append(time(base)).append(" |");
                } else {
                    double speedup = base / last.total();
                    cells.append(
                            String.format(Locale.ROOT, " %.2f (%.0f %%) |", speedup, 100 * speedup * first / count));
                }
            }
            String limits = last == null ? "" : limit == last.limit() ? limit.toString() : limit + ", " + last.limit();
            text.append(cells).append(' ').append(limits).append(" |\n");
        }
    }

    private void heading(String title) {
        text.append("\n### ").append(title).append("\n\n");
    }

    private void row(String... cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }

    private static String time(double seconds) {
        if (seconds >= 1) {
            return String.format(Locale.ROOT, "%.2f s", seconds);
        }
        return seconds >= 1e-3
                ? String.format(Locale.ROOT, "%.2f ms", seconds * 1e3)
                : String.format(Locale.ROOT, "%.0f µs", seconds * 1e6);
    }
}
