package io.github.clnorm.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SettingTest {

    @Test
    void theTitleNamesAllOfIt() {
        assertEquals("channels_first, float32, backward, 2 threads", Setting.DEFAULT.title(Direction.BACKWARD));
        assertEquals(
                "channels_last, bfloat16, forward, 1 thread, us a call in chains of 32 calls",
                new Setting(Layout.CHANNELS_LAST, ElementType.BFLOAT16, 1, 32).title(Direction.FORWARD));
    }

    @Test
    void noTwoSettingsShareAFile() {
        Set<String> names = new HashSet<>();
        for (Layout layout : Layout.values()) {
            for (ElementType type : List.of(ElementType.FLOAT16, ElementType.BFLOAT16, ElementType.FLOAT32)) {
                for (int threads : new int[] {1, 2, 3}) {
                    for (int calls : new int[] {1, 2, 32}) {
                        names.add(new Setting(layout, type, threads, calls).fileName());
                    }
                }
            }
        }
        assertEquals(2 * 3 * 3 * 3, names.size());
        assertEquals("", Setting.DEFAULT.fileName());
    }

    @Test
    void aChainHasTensorsOfItsOwn() {
        assertEquals(List.of(Cache.ROTATED, Cache.CACHED), Setting.DEFAULT.caches(true));
        assertEquals(List.of(Cache.ROTATED), Setting.DEFAULT.caches(false));
        assertEquals(
                List.of(Cache.CHAINED), new Setting(Layout.CHANNELS_FIRST, ElementType.FLOAT32, 2, 32).caches(true));
    }
}
