import java.util.ArrayList;
import java.util.List;

/** Which runs there are. */
final class Plan {

    static final List<Integer> BATCHES = List.of(32, 16, 8, 4, 2);
    static final int SEEDS = 5;

    /** The lines of the first chart. */
    static final List<Method> BY_BATCH =
            List.of(Method.BATCH, Method.FROZEN, Method.GROUP, Method.LAYER, Method.INSTANCE);

    /** The points of the second chart: LayerNorm has one group, InstanceNorm a group for each channel. */
    static final List<Method> BY_GROUPS =
            List.of(Method.LAYER, Method.GROUPS_2, Method.GROUP, Method.GROUPS_8, Method.GROUPS_16, Method.INSTANCE);

    private Plan() {}

    /** All runs, those of one seed after the other: the first of them have all methods and batch sizes. */
    static List<Run> runs(int seeds) {
        List<Run> runs = new ArrayList<>();
        for (long seed = 1; seed <= seeds; seed++) {
            for (int batch : BATCHES) {
                for (Method method : BY_BATCH) {
                    runs.add(new Run(method, batch, seed));
                }
                runs.add(new Run(Method.REMEASURED, batch, seed));
            }
            for (Method method : BY_GROUPS) {
                if (!BY_BATCH.contains(method)) {
                    runs.add(new Run(method, Settings.USUAL_BATCH, seed));
                }
            }
        }
        return runs;
    }
}
