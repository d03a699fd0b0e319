package io.github.clnorm.tools.conformance;

import io.github.clnorm.Backend;
import io.github.clnorm.NormSpec;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/** Runs the whole table on a device. */
public final class Conformance {

    /** Receives the progress. */
    @FunctionalInterface
    public interface Progress {
        /**
         * Called before each case.
         *
         * @param done number of finished cases
         * @param all number of cases in the table
         * @param name the case's name
         */
        void at(int done, int all, String name);
    }

    private Conformance() {}

    /**
     * Runs every case. A case that fails does not stop the others.
     *
     * @param backend the device
     * @param only a prefix of the names of rows to run; empty for all
     * @param progress called before each case
     * @return the table
     * @throws IllegalArgumentException if no row has this prefix
     */
    public static ConformanceReport run(Backend backend, String only, Progress progress) {
        return run(backend, only, progress, () -> false);
    }

    /**
     * Runs cases until it is stopped.
     *
     * @param backend the device
     * @param only a prefix of the names of rows to run; empty for all
     * @param progress called before each case that runs
     * @param stop asked before each case; the cases after it are not in the table
     * @return the table of the cases that ran
     * @throws IllegalArgumentException if no row has this prefix
     */
    public static ConformanceReport run(Backend backend, String only, Progress progress, BooleanSupplier stop) {
        List<Case> cases = cases(backend).stream()
                .filter(next -> next.row().startsWith(only))
                .toList();
        if (cases.isEmpty()) {
            throw new IllegalArgumentException("no row of the table begins with '" + only + "', expected one of "
                    + cases(backend).stream().map(Case::row).distinct().collect(Collectors.joining(", ")));
        }
        Map<String, RowCount> rows = new LinkedHashMap<>();
        List<Failure> failures = new ArrayList<>();
        int done = 0;
        for (Case next : cases) {
            if (stop.getAsBoolean()) {
                break;
            }
            progress.at(done++, cases.size(), next.name());
            String key = next.row() + " " + next.type();
            RowCount row = rows.computeIfAbsent(key, unused -> new RowCount(next.row(), next.type()));
            if (next.type() == ElementType.FLOAT64 && !backend.device().fp64()) {
                row.unsupported = "the device does not compute in double precision";
                continue;
            }
            CaseCheck check = new CaseCheck(next);
            try {
                next.body().run(backend, check);
            } catch (RuntimeException e) {
                check.thrown(e);
            }
            row.add(check);
            if (check.failure() != null) {
                failures.add(check.failure());
            }
        }
        return new ConformanceReport(
                backend.device(), rows.values().stream().map(RowCount::row).toList(), List.copyOf(failures));
    }

    /** In the order of the table: rows of the operations and of their gradients, by type, then the others. */
    private static List<Case> cases(Backend backend) {
        Cases cases = new Cases();
        new PyTorchCases(cases).add();
        new ReferenceCases(cases).add();
        new WeightOffsetCases(cases).add();
        new ModulationCases(cases).add();
        new CentralDifferenceCases(cases).add();
        new ExactCases(cases).add();
        new RelationCases(cases).add();
        new GradientRelationCases(cases).add();
        new KnownFailureCases(cases, Quirks.prefersWorkItemsToVectors(backend.device())).add();
        new GradientRefusals(cases).add();
        List<String> order = new ArrayList<>();
        for (NormSpec.Kind operation : NormSpec.Kind.values()) {
            order.add(operation.toString());
            order.add(ConformanceRow.backward(operation));
        }
        order.addAll(List.of(
                ModulationCases.ROW,
                ModulationCases.BACKWARD,
                ExactCases.ROW,
                RelationCases.SAME_BITS,
                RelationCases.SHIFTED,
                GradientRelationCases.ROW,
                KnownFailureCases.ROW,
                PyTorchCases.REFUSALS));
        return cases.all().stream()
                .sorted(Comparator.comparingInt((Case c) -> order.indexOf(c.row()))
                        .thenComparingInt(c -> c.type() == null ? 0 : ReferenceCases.TYPES.indexOf(c.type())))
                .collect(Collectors.toList());
    }

    /** A row whose cases are running. */
    private static final class RowCount {
        private final String operation;
        private final ElementType type;
        private int cases;
        private int passed;
        private double largestError = Double.NaN;
        private double bound = Double.NaN;
        private String unsupported;

        RowCount(String operation, ElementType type) {
            this.operation = operation;
            this.type = type;
        }

        void add(CaseCheck check) {
            cases++;
            passed += check.failure() == null ? 1 : 0;
            largestError = CaseCheck.larger(largestError, check.largestError());
            bound = CaseCheck.larger(bound, check.bound());
        }

        ConformanceRow row() {
            ConformanceRow.Status status = unsupported != null
                    ? ConformanceRow.Status.UNSUPPORTED
                    : passed == cases ? ConformanceRow.Status.PASSED : ConformanceRow.Status.FAILED;
            return new ConformanceRow(operation, type, cases, passed, largestError, bound, status, unsupported);
        }
    }
}
