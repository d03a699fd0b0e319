package io.github.clnorm.tools.scaling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The simulation of several devices, and the page that shows it. */
class ScalingTest {

    private static final Path PAGE = Path.of("docs/scaling.md");
    private static final String TABLES = "## Tables\n\n";

    private static final Streaming FROM_HOST = new Streaming(Streaming.Source.HOST, 1);
    private static final Training EXACT = new Training(Collective.EXACT_SUMS);
    private static final Training BLOCKS = new Training(Collective.ALL_BLOCKS);

    @Test
    void thePageEndsWithTheTables() throws IOException {
        String page = Files.readString(PAGE);
        int tables = page.indexOf(TABLES);
        assertTrue(tables > 0, PAGE + " has no tables");
        assertEquals(
                ScalingTables.text(), page.substring(tables + TABLES.length()), "bench/scaling prints other tables");
    }

    @Test
    void everyRateHasASourceOrIsAnEstimate() {
        for (Rate rate : Rate.values()) {
            assertTrue(rate.si() > 0, rate.text);
            boolean stated = rate.source.contains("](")
                    || rate.source.startsWith("estimate")
                    || rate.source.startsWith("goal")
                    || rate.source.startsWith("measured there")
                    || rate.source.endsWith("the same");
            assertTrue(stated, rate.text + ": " + rate.source);
        }
    }

    @Test
    void aPhaseTakesAsLongAsItsSlowestPart() {
        Estimate time = new Estimate()
                .together(Map.of(Bottleneck.LINK, 2.0, Bottleneck.DEVICE, 1.0))
                .together(Map.of(Bottleneck.LINK, 0.25, Bottleneck.DEVICE, 0.5))
                .then(Bottleneck.MERGE, 1);
        assertEquals(3.5, time.total());
        assertEquals(Bottleneck.LINK, time.limit());
    }

    @Test
    void noNumberOfDevicesIsFasterThanItsOwnLinks() {
        for (ScaledTensor tensor : ScaledTensor.ALL) {
            for (int devices = 1; devices <= 8; devices *= 2) {
                double transfers = 2 * tensor.bytes() / devices / Rate.LINK_BOTH.si();
                assertTrue(FROM_HOST.of(tensor, 1, devices).total() >= transfers, tensor + " on " + devices);
            }
        }
    }

    @Test
    void moreDevicesAreNeverSlowerToStreamToIfNothingIsExchanged() {
        for (ScaledTensor tensor : ScaledTensor.ALL) {
            if (!tensor.acrossSamples()) {
                for (int devices = 2; devices <= 8; devices *= 2) {
                    double fewer = FROM_HOST.of(tensor, 1, devices / 2).total();
                    assertTrue(FROM_HOST.of(tensor, 1, devices).total() <= fewer, tensor + " on " + devices);
                }
            }
        }
    }

    @Test
    void oneDeviceExchangesNothing() {
        for (ScaledTensor tensor : ScaledTensor.ALL) {
            assertEquals(EXACT.of(tensor, 1, 1).total(), BLOCKS.of(tensor, 1, 1).total(), tensor.toString());
        }
    }

    @Test
    void aSingleSampleIsDividedIntoNoMorePartsThanChannels() {
        ScaledTensor volume = new ScaledTensor("instance_norm", "1x32x512x512x512", 1, 32, 1L << 27);
        assertEquals(1L << 34, volume.bytes());
        assertEquals(EXACT.of(volume, 4, 8).total(), EXACT.of(volume, 64, 8).total());
    }

    @Test
    void aBatchThatFitsInTheDevicesGoesOverTheLinkOnce() {
        ScaledTensor batch = new ScaledTensor("batch_norm", "65536x256x56x56", 65536, 256, 3136);
        double two = FROM_HOST.of(batch, 1, 2).total();
        double four = FROM_HOST.of(batch, 1, 4).total();
        assertTrue(two / four > 2, two + " and " + four);
    }

    @Test
    void exactSumsDoNotGrowWithTheBatchBetweenMachines() {
        ScaledTensor small = new ScaledTensor("batch_norm", "", 256, 256, 3136);
        ScaledTensor large = new ScaledTensor("batch_norm", "", 65536, 256, 3136);
        assertEquals(network(small), network(large));
    }

    private static double network(ScaledTensor tensor) {
        Estimate[] times = {new Estimate(), new Estimate()};
        for (int i = 0; i < times.length; i++) {
            // The same terms on each machine: what differs is the tree.
            int machines = i == 0 ? 1 : 64;
            double terms = tensor.statisticsTerms() / tensor.samples() * machines;
            Collective.EXACT_SUMS.between(terms, 0, tensor.parameters(), machines, 8, times[i]);
        }
        return times[1].total() - times[0].total();
    }
}
