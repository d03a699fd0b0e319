package io.github.clnorm.tools.compilers;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The kernels that are compiled by default. */
final class Selection {

    private Selection() {}

    /**
     * One variant of every kernel, storage and target: the one whose passes have the most elements, or of those the one
     * with the most local memory.
     */
    static List<PlannedKernel> most(Collection<PlannedKernel> all) {
        Map<String, PlannedKernel> chosen = new LinkedHashMap<>();
        Comparator<PlannedKernel> order =
                Comparator.comparingLong(PlannedKernel::elements).thenComparingLong(PlannedKernel::localBytes);
        for (PlannedKernel planned : all) {
            String key = planned.target() + " " + planned.build().kernel() + " "
                    + planned.build().storage();
            chosen.merge(key, planned, (a, b) -> order.compare(a, b) >= 0 ? a : b);
        }
        return List.copyOf(chosen.values());
    }
}
