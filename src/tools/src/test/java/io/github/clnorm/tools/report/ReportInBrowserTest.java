package io.github.clnorm.tools.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clnorm.tools.Main;
import io.github.clnorm.tools.terminal.ExitCode;
import io.github.clnorm.tools.testing.BenchDocument;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.Select;
import org.openqa.selenium.support.ui.WebDriverWait;

/**
 * The page in Chromium, with real results. The launcher skips these tests, with a message, if Chromium is not
 * available. Screenshots of every width and colour scheme are in {@code target/report-screenshots}.
 */
@Tag("browser")
class ReportInBrowserTest {

    private static final Path RESULTS = Path.of("bench", "results");
    private static final Path SCREENSHOTS = Path.of("target", "report-screenshots");

    private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium");

    @TempDir
    private static Path folder;

    private static ChromeDriver browser;
    private static Path page;
    private static int devices;

    @BeforeAll
    static void openBrowser() throws IOException {
        // Selenium warns that it has no typed access to a protocol that these tests use by name.
        SELENIUM.setLevel(Level.SEVERE);
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        logs.enable(LogType.PERFORMANCE, Level.ALL);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(
                firstOf("chromium", "chromium-browser", "google-chrome").toString());
        // Root, as in containers, has no sandbox; their shared memory is small.
        options.addArguments(
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars");
        options.setCapability("goog:loggingPrefs", logs);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(firstOf("chromedriver").toFile())
                .build();
        browser = new ChromeDriver(service, options);
        Files.createDirectories(SCREENSHOTS);

        List<Path> files = results();
        page = folder.resolve("report.html");
        List<String> arguments = new ArrayList<>(List.of("compare", "--html", page.toString()));
        files.forEach(file -> arguments.add(file.toString()));
        devices = (int) execute(arguments)
                .lines()
                .filter(line -> line.matches("[A-Z]  .*"))
                .count();
    }

    private static String execute(List<String> arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.execute(new PrintWriter(out), new PrintWriter(err), arguments.toArray(String[]::new));
        assertEquals(ExitCode.DONE, code, err.toString());
        return out.toString();
    }

    private static Path firstOf(String... names) {
        return Stream.of(System.getenv("PATH").split(":"))
                .flatMap(folder -> Stream.of(names).map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() ->
                        new AssertionError(names[0] + " is not installed: apt-get install chromium chromium-driver"));
    }

    /** Two results of this kind of machine, one with two devices, and a GPU's result by an older version. */
    private static List<Path> results() throws IOException {
        List<Path> files = new ArrayList<>();
        files.add(RESULTS.resolve("bench-all-xeon-pocl.json"));
        files.add(RESULTS.resolve("bench-quick-xeon-all-devices.json"));
        try (Stream<Path> all = Files.list(RESULTS)) {
            files.add(all.filter(file -> file.getFileName().toString().matches("bench-.*\\.json"))
                    .sorted()
                    .filter(ReportInBrowserTest::isOfGpu)
                    .findFirst()
                    .orElse(RESULTS.resolve("before").resolve("bench-all-xeon-pocl.json")));
        }
        return files;
    }

    private static boolean isOfGpu(Path file) {
        try {
            return new ObjectMapper()
                    .readTree(file.toFile())
                    .path("devices")
                    .path(0)
                    .path("type")
                    .asText()
                    .equals("gpu");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterAll
    static void closeBrowser() {
        if (browser != null) {
            browser.quit();
        }
    }

    @BeforeEach
    void openPage() {
        prefer("light");
        size(1280, 900);
        open(page);
    }

    @AfterEach
    void nothingIsComplainedOf() {
        List<String> complaints = browser.manage().logs().get(LogType.BROWSER).getAll().stream()
                .map(LogEntry::toString)
                .toList();
        assertEquals(List.of(), complaints);
    }

    private static void open(Path file) {
        // Not as a reload, which would fill in what was typed before.
        browser.get("about:blank");
        browser.manage().logs().get(LogType.PERFORMANCE);
        browser.get(file.toUri().toString());
        await(() -> browser.executeScript("return document.readyState").equals("complete"));
    }

    /** Waits for a condition, and fails if it never holds. */
    private static void await(BooleanSupplier condition) {
        new WebDriverWait(browser, Duration.ofMinutes(10))
                // The chart may be redrawn between finding it and reading it.
                .ignoring(StaleElementReferenceException.class)
                .until(ignored -> condition.getAsBoolean());
    }

    private static void size(int width, int height) {
        browser.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
    }

    private static void prefer(String scheme) {
        browser.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("media", "", "features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    private static List<WebElement> shownRows() {
        return all("#rows tbody tr:not([hidden])");
    }

    private static List<WebElement> all(String selector) {
        return browser.findElements(By.cssSelector(selector));
    }

    private static WebElement one(String selector) {
        return browser.findElement(By.cssSelector(selector));
    }

    private static List<String> column(String label) {
        @SuppressWarnings("unchecked")
        List<String> texts = (List<String>) browser.executeScript(
                "return [...document.querySelectorAll('#rows tbody tr:not([hidden]) [data-label=\"' + arguments[0] + '\"]')]"
                        + ".map(cell => cell.dataset.value ?? cell.textContent.trim())",
                label);
        return texts;
    }

    @Test
    void noRequestLeavesThePage() {
        List<String> requests = browser.manage().logs().get(LogType.PERFORMANCE).getAll().stream()
                .map(LogEntry::getMessage)
                .filter(message -> message.contains("\"Network.requestWillBeSent\""))
                .map(message -> message.replaceAll("(?s).*\"url\":\"([^\"]*)\".*", "$1"))
                .toList();
        assertEquals(
                List.of(page.toUri().toString().replace("file:/", "file:///").replace("file://///", "file:///")),
                requests);
    }

    @Test
    void everyChartHasASeriesForEachDevice() {
        assertTrue(devices >= 3, devices + " devices");
        List<WebElement> charts = all("[data-chart]");
        assertTrue(charts.size() >= 4, charts.size() + " charts");
        Set<String> series = new TreeSet<>();
        for (WebElement mark : all("[data-chart=bars] .panels svg g[aria-label=bar] rect")) {
            series.add(mark.getAttribute("fill"));
        }
        assertEquals(devices, series.size(), series.toString());
        for (WebElement chart : charts) {
            int shown = chart.findElements(By.cssSelector(".legend li")).size();
            assertTrue(shown > 0 && shown <= devices, "those that have figures in it: " + shown);
            assertFalse(chart.findElements(By.cssSelector("svg[aria-label]")).isEmpty(), "a chart says what it shows");
            WebElement table = chart.findElement(By.xpath("following-sibling::details//table"));
            assertFalse(table.findElements(By.cssSelector("tbody tr")).isEmpty(), "a chart has its table");
        }
        Set<String> marks = new TreeSet<>();
        for (WebElement mark : all("[data-chart=share] .panels svg g[aria-label=dot] :is(path, circle)")) {
            marks.add(mark.getAttribute("stroke"));
        }
        assertEquals(devices, marks.size(), "a colour for each device: " + marks);
        Set<String> shapes = new TreeSet<>();
        for (WebElement mark : all("[data-chart=share] .legend svg :is(path, circle)")) {
            shapes.add(mark.getTagName() + mark.getAttribute("d"));
        }
        assertEquals(devices, shapes.size(), "and a shape, which the legend shows: " + shapes);
    }

    @Test
    void tenDevicesAreTenSeries() throws IOException {
        BenchDocument document = new BenchDocument();
        for (int i = 0; i < 10; i++) {
            document.device("Device " + i).row("group_norm 2x320x64x64 G=32", "forward", 100 + i);
        }
        Path file = document.write(folder.resolve("ten.json"));
        Path ten = folder.resolve("ten.html");
        execute(List.of("compare", file.toString(), "--html", ten.toString()));
        open(ten);
        Set<String> series = new TreeSet<>();
        for (WebElement mark : all("[data-chart=share] .legend svg :is(path, circle)")) {
            series.add(mark.getCssValue("stroke") + mark.getTagName() + mark.getAttribute("d"));
        }
        assertEquals(10, series.size(), "no two have colour and shape in common: " + series);
    }

    @Test
    void theFullTableFitsItsPageAlsoWithABaseline() {
        Path held = folder.resolve("held.html");
        execute(List.of(
                "compare",
                "--html",
                held.toString(),
                "--baseline",
                RESULTS.resolve("before").resolve("bench-all-xeon-pocl.json").toString(),
                RESULTS.resolve("bench-all-xeon-pocl.json").toString()));
        open(held);
        assertTrue(one(".headline").getText().contains("the baseline"));
        long hidden = (Long)
                browser.executeScript(
                        "const place = document.getElementById('rows').parentElement; return place.scrollWidth - place.clientWidth");
        assertTrue(hidden <= 0, hidden + " pixels are out of sight");

        browser.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("media", "print"));
        size(718, 1000);
        hidden = (Long) browser.executeScript(
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assertTrue(hidden <= 0, hidden + " pixels are beyond the paper");
    }

    @Test
    void longNamesFitAPhone() throws IOException {
        Path phone = folder.resolve("phone.html");
        execute(List.of(
                "compare",
                "--html",
                phone.toString(),
                RESULTS.resolve("bench-quick-channels-last-xeon-pocl.json").toString(),
                RESULTS.resolve("bench-quick-float16-xeon-pocl.json").toString()));
        size(360, 900);
        open(phone);
        for (WebElement text : all(
                "[data-chart=bars] .panels svg text[font-weight='600'], [data-chart=bars] .panels svg g[font-weight='600'] text")) {
            double right = text.getRect().getX() + text.getRect().getWidth();
            assertTrue(right <= 360, text.getText() + " ends at " + right);
        }
    }

    @Test
    void barsShowWhatIsChosen() {
        for (String metric : List.of("gb_per_s GB/s", "us microseconds", "share share of the limit")) {
            String[] words = metric.split(" ", 2);
            new Select(one("#metric")).selectByValue(words[0]);
            String text = one("[data-chart=bars] .panels svg").getText();
            assertTrue(text.contains(words[1]), text);
            // The table below has the same figures.
            one(".chart details:not([open]) summary").click();
            List<WebElement> tables = all(".chart details[open] [data-metric]").stream()
                    .filter(WebElement::isDisplayed)
                    .toList();
            assertFalse(tables.isEmpty());
            assertTrue(tables.stream()
                    .allMatch(table -> table.getAttribute("data-metric").equals(words[0])));
            String figure =
                    tables.get(0).findElement(By.cssSelector("td")).getText().replaceAll("[^0-9.]", "");
            assertTrue(text.replace(" %", "").lines().anyMatch(figure::equals), figure + " is not in " + text);
        }
    }

    @Test
    void aMarkSaysWhatItIs() {
        WebElement bar = one("[data-chart=bars] .panels svg g[aria-label=bar] rect");
        assertTrue(bar.getAttribute("aria-label").contains("GB/s"), bar.getAttribute("aria-label"));
        new Actions(browser).scrollToElement(bar).moveToElement(bar).perform();
        WebElement tip = one("[data-chart=bars] .panels svg g[aria-label=tip] text");
        assertTrue(tip.getText().contains("of the limit"), tip.getText());
    }

    @Test
    void theTableSorts() {
        WebElement head = one("#rows thead th:nth-child(7) button");
        assertEquals("us", head.getText());
        head.click();
        List<Double> rising = numbers("us");
        assertEquals(rising.stream().sorted().toList(), rising);
        assertTrue(rising.size() > 20);
        assertEquals("ascending", one("#rows thead th:nth-child(7)").getAttribute("aria-sort"));
        head.click();
        assertEquals(rising.stream().sorted(Collections.reverseOrder()).toList(), numbers("us"));
        assertEquals("descending", one("#rows thead th:nth-child(7)").getAttribute("aria-sort"));
        List<String> figures = column("us");
        int first = figures.indexOf("");
        assertTrue(
                first < 0 || figures.subList(first, figures.size()).stream().allMatch(String::isEmpty),
                "no figures: last");

        one("#rows thead th:nth-child(1) button").sendKeys(Keys.ENTER);
        List<String> letters =
                column("device").stream().map(text -> text.substring(0, 1)).toList();
        assertEquals(letters.stream().sorted().toList(), letters);
        assertNull(one("#rows thead th:nth-child(7)").getAttribute("aria-sort"));
    }

    private static List<Double> numbers(String label) {
        return column(label).stream()
                .filter(text -> !text.isEmpty())
                .map(Double::valueOf)
                .toList();
    }

    @Test
    void theFilterFilters() {
        int all = shownRows().size();
        one("#filter").sendKeys("LAYER_norm  backward");
        int some = shownRows().size();
        assertTrue(some > 0 && some < all, some + " of " + all);
        assertTrue(column("workload").stream().allMatch(text -> text.startsWith("layer_norm")));
        assertTrue(column("pass").stream().allMatch("backward"::equals));
        assertEquals(some + " of " + all + " rows", one("#count").getText());
        one("#filter").clear();
        one("#filter").sendKeys("no such thing");
        assertEquals(0, shownRows().size());
        one("#filter").clear();
        one("#filter").sendKeys(" ");
        assertEquals(all, shownRows().size());
    }

    @Test
    void thePlanIsThereOnDemand() {
        WebElement details = one("#rows tbody details");
        assertFalse(details.findElement(By.cssSelector("p")).isDisplayed());
        details.findElement(By.cssSelector("summary")).click();
        assertTrue(details.findElement(By.cssSelector("p")).getText().contains("work-group"));
    }

    @Test
    void darkIsDarkAndPrintIsNot() {
        String ofLight = one("body").getCssValue("background-color");
        assertEquals("rgba(255, 255, 255, 1)", ofLight);
        String barOfLight = one("g[aria-label=bar] rect").getCssValue("fill");
        prefer("dark");
        String ofDark = one("body").getCssValue("background-color");
        assertTrue(brightness(ofDark) < 60, ofDark);
        assertTrue(brightness(one("body").getCssValue("color")) > 180);
        assertTrue(brightness(one("[data-chart=share] .panels svg").getCssValue("color")) > 180, "axes and labels");
        assertNotEquals(barOfLight, one("g[aria-label=bar] rect").getCssValue("fill"));
        browser.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("media", "print", "features", List.of(Map.of("name", "prefers-color-scheme", "value", "dark"))));
        assertEquals(ofLight, one("body").getCssValue("background-color"));
        assertFalse(one("#filters").isDisplayed());
        size(718, 900);
        assertEquals("table-row", one("#rows tbody tr").getCssValue("display"), "paper is no phone");
    }

    private static int brightness(String color) {
        String[] parts = color.replaceAll("[^0-9,]", "").split(",");
        return Integer.parseInt(parts[1]);
    }

    @ParameterizedTest
    @ValueSource(ints = {1280, 820, 390})
    void nothingIsWiderThanTheScreen(int width) throws IOException {
        size(width, 900);
        open(page);
        long content = (Long) browser.executeScript("return document.documentElement.scrollWidth");
        assertTrue(content <= width, content + " of " + width);
        for (WebElement svg : all("[data-chart] svg")) {
            assertTrue(svg.getRect().getWidth() <= width, "a chart");
        }
        boolean cards = one("#sort").isDisplayed();
        assertEquals(width < 800, cards, "on a phone rows are cards, and a list sorts them");
        if (cards) {
            new Select(one("#sort")).selectByVisibleText("us, falling");
            List<Double> falling = numbers("us");
            assertEquals(falling.stream().sorted(Collections.reverseOrder()).toList(), falling);
        }
        for (String scheme : List.of("light", "dark")) {
            prefer(scheme);
            long height = (Long) browser.executeScript("return document.documentElement.scrollHeight");
            size(width, (int) Math.min(height, 12_000));
            byte[] screenshot = browser.getScreenshotAs(OutputType.BYTES);
            Files.write(SCREENSHOTS.resolve(width + "-" + scheme + ".png"), screenshot);
        }
    }

    @Test
    void chartsFollowTheWidth() {
        double wide = one("[data-chart=share] .panels svg").getRect().getWidth();
        size(360, 900);
        assertTrue(wide > 360, "wide: " + wide);
        // Charts are redrawn some time after the window is resized.
        await(() -> one("[data-chart=share] .panels svg").getRect().getWidth() <= 360);
    }

    @Test
    void hostileNamesAreText() throws IOException {
        Path file = new BenchDocument()
                .device(BenchDocument.HOSTILE)
                .row(BenchDocument.HOSTILE, "forward", 100)
                .row("group_norm \"quoted\" 'twice'\n2x320x64x64 G=32", "backward", 50)
                // Nothing of this suite was measured.
                .without("layer_norm 4096x768", "forward", "error", BenchDocument.HOSTILE)
                .write(folder.resolve("hostile.json"));
        Path hostile = folder.resolve("hostile.html");
        execute(List.of("compare", file.toString(), "--html", hostile.toString()));
        open(hostile);
        assertEquals(0, all("img").size());
        assertEquals(3, all("script").size());
        String heading = one(".card h3").getText();
        assertTrue(heading.contains("</script><script>alert(1)"), heading);
        assertTrue(one(".card .small").getText().contains("{{page.title}} & ]]> <!--"));
        assertTrue(one("[data-chart=bars] .panels svg").getText().contains("<"), "labels of charts too");
        assertTrue(one("[data-suite=layer-norm] .panels svg").getText().contains("error"));
        assertEquals(3, shownRows().size());
    }

    @Test
    void itIsReadableWithoutScripts() {
        browser.executeCdpCommand("Emulation.setScriptExecutionDisabled", Map.of("value", true));
        try {
            open(page);
            assertFalse(one(".headline").getText().isEmpty());
            assertEquals(devices, all(".card").size());
            assertFalse(one("#filters").isDisplayed(), "what would not work is not shown");
            assertFalse(shownRows().isEmpty());
        } finally {
            browser.executeCdpCommand("Emulation.setScriptExecutionDisabled", Map.of("value", false));
        }
    }
}
