package io.github.clnorm.tools.survey;

import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a survey measures: all suites of plain layers in both types and layouts, what matters most first. */
final class SurveyedPasses {

    private static final List<ElementType> TYPES = List.of(ElementType.FLOAT32, ElementType.FLOAT16);
    private static final List<Layout> LAYOUTS = List.of(Layout.CHANNELS_FIRST, Layout.CHANNELS_LAST);

    private static List<Workload> chosen;

    private SurveyedPasses() {}

    /** Replaces the workloads, for tests; null for the usual ones. Not thread-safe. */
    static void use(List<Workload> workloads) {
        chosen = workloads;
    }

    /**
     * The workloads, each once: first Stable Diffusion's in every form, because it is the suite that devices are judged
     * by. The suites are in the order of {@link Suite}, so that a survey that is cut short has whole suites.
     */
    static List<Workload> workloads() {
        if (chosen != null) {
            return chosen;
        }
        Set<Workload> all = new LinkedHashSet<>();
        for (Suite suite : Suite.values()) {
            if (!surveyed(suite)) {
                continue;
            }
            for (Layout layout : LAYOUTS) {
                for (ElementType type : TYPES) {
                    suite.workloads().forEach(workload -> all.add(workload.in(type, layout)));
                }
            }
        }
        return new ArrayList<>(all);
    }

    /**
     * How many of the first workloads a survey must tune: Stable Diffusion's in both types. The time of an ordinary survey
     * suffices for a few more.
     */
    static int required() {
        return chosen != null ? chosen.size() : Suite.SD_UNET.workloads().size() * TYPES.size();
    }

    /** Not the quick suite, a selection of the others, nor those with more than PyTorch's layers compute. */
    private static boolean surveyed(Suite suite) {
        return suite != Suite.QUICK && suite.plain();
    }

    /** The names of the suites, in their order. */
    static List<String> suites() {
        List<String> names = new ArrayList<>();
        for (Suite suite : Suite.values()) {
            if (surveyed(suite)) {
                names.add(suite.toString());
            }
        }
        return names;
    }
}
