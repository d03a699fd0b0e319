package io.github.clnorm.tools.compilers;

import io.github.clnorm.tools.terminal.TextTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The figures as a table. */
final class KernelTable {

    private static final double PERCENT = 100;
    private static final String NONE = "-";

    private KernelTable() {}

    /** A row for every kernel, storage and target: the worst figures of all variants. */
    static String worst(Collection<KernelFacts> all) {
        Map<String, List<KernelFacts>> rows = new TreeMap<>();
        for (KernelFacts facts : all) {
            if (facts.compiled().built()) {
                KernelBuild build = facts.planned().build();
                String key = build.kernel() + " " + build.storage() + " "
                        + facts.planned().target().ordinal();
                rows.computeIfAbsent(key, unused -> new ArrayList<>()).add(facts);
            }
        }
        return table(rows.values());
    }

    /** A row for every variant. */
    static String each(Collection<KernelFacts> all) {
        return table(all.stream()
                .filter(facts -> facts.compiled().built())
                .map(List::of)
                .toList());
    }

    private static String table(Collection<List<KernelFacts>> rows) {
        TextTable table = new TextTable(
                "kernel",
                "storage",
                "target",
                "variant",
                "regs",
                "scratch",
                "spills",
                "scalar spills",
                "local",
                "occupancy",
                "barriers",
                "loads in flight",
                "loads",
                "stores",
                "instr/read",
                "instr/write");
        for (List<KernelFacts> row : rows) {
            KernelFacts first = row.get(0);
            KernelBuild build = first.planned().build();
            table.row(
                    build.kernel(),
                    build.storage(),
                    first.planned().target().toString(),
                    row.size() == 1 ? build.variant() : row.size() + " variants",
                    most(row, facts -> facts.compiled().resources().registers()),
                    most(row, facts -> facts.compiled().resources().scratchBytes()),
                    most(row, facts -> facts.compiled().resources().spills()),
                    most(row, facts -> facts.compiled().resources().scalarSpills()),
                    most(row, KernelFacts::localBytes),
                    percent(row),
                    most(row, KernelFacts::barriers),
                    least(row, facts -> facts.read().inFlight()),
                    accesses(row.stream()
                            .filter(facts -> facts.read().inFlight()
                                    == row.stream()
                                            .mapToDouble(any -> any.read().inFlight())
                                            .min()
                                            .orElseThrow())
                            .findFirst()
                            .orElseThrow()
                            .read()
                            .loads()),
                    accesses(first.write().stores()),
                    most(row, KernelFacts::instructionsPerRead),
                    most(row, KernelFacts::instructionsPerWrite));
        }
        return table.toString();
    }

    private static String most(List<KernelFacts> row, ToDoubleFunction<KernelFacts> figure) {
        return text(row.stream().mapToDouble(figure).max().orElseThrow());
    }

    private static String least(List<KernelFacts> row, ToDoubleFunction<KernelFacts> figure) {
        return text(row.stream().mapToDouble(figure).min().orElseThrow());
    }

    /** The least occupancy. */
    private static String percent(List<KernelFacts> row) {
        String least = least(row, facts -> PERCENT * facts.occupancy());
        return least.equals(NONE) ? NONE : least + " %";
    }

    /** A figure, with one decimal below 10. */
    static String text(double value) {
        if (!Double.isFinite(value)) {
            return NONE;
        }
        return value == Math.rint(value)
                ? String.valueOf((long) value)
                : String.format(Locale.ROOT, value < 10 ? "%.1f" : "%.0f", value);
    }

    /** Such as {@code 4 x 16}: four accesses of 16 bytes. */
    static String accesses(Map<Integer, Integer> widths) {
        return widths.isEmpty()
                ? NONE
                : widths.entrySet().stream()
                        .map(width -> width.getValue() + "x" + width.getKey())
                        .collect(Collectors.joining("+"));
    }
}
