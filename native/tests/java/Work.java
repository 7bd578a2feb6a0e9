// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;

/**
 * A virtual machine at work: threads that allocate, collect and compile all the time, timers, a child process, mapped
 * and direct memory. Makes the file ready, works on until the file go is there, and then its results have to be right.
 */
public final class Work {
    private static final int WORKERS = 4;

    private static volatile boolean stop;
    private static final AtomicLong TICKS = new AtomicLong();
    private static final AtomicLong ROUNDS = new AtomicLong();
    private static final ConcurrentHashMap<String, Long> COUNTS = new ConcurrentHashMap<>();
    private static final CountDownLatch STARTED = new CountDownLatch(WORKERS);

    private Work() {
    }

    /** Adds up what it can know in advance, with garbage and some lasting objects on the way. */
    private static long work(int id) throws Exception {
        List<byte[]> kept = new ArrayList<>();
        long sum = 0;
        long rounds = 0;
        while (!stop || rounds < 50) {
            Map<Integer, String> map = new HashMap<>();
            for (int i = 0; i < 2000; i++) {
                map.put(i, "value " + i + " of " + rounds);
            }
            byte[] block = new byte[4096];
            java.util.Arrays.fill(block, (byte) rounds);
            kept.add(block);
            if (kept.size() > 500) {
                kept.subList(0, 250).clear();
            }
            sum += map.size() + kept.get(kept.size() - 1)[17] - (byte) rounds;
            rounds++;
            ROUNDS.incrementAndGet();
            COUNTS.merge("worker " + id, 1L, Long::sum);
            if (rounds == 3) {
                STARTED.countDown();
            }
        }
        return sum == 2000 * rounds && COUNTS.get("worker " + id) == rounds ? rounds : -1;
    }

    private static String digest(int seed) throws Exception {
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        byte[] data = LongStream.range(0, 20000).mapToObj(i -> Long.toString(i * seed)).reduce(
                new StringBuilder(), StringBuilder::append, StringBuilder::append).toString().getBytes();
        return HexFormat.of().formatHex(sha.digest(data));
    }

    private static String child(Process cat, BufferedReader from, String line) throws IOException {
        cat.getOutputStream().write((line + "\n").getBytes());
        cat.getOutputStream().flush();
        return from.readLine();
    }

    private static void expect(boolean condition, String what) {
        if (!condition) {
            System.out.println("fail: " + what);
            System.exit(1);
        }
    }

    public static void main(String[] arguments) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(WORKERS);
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        List<Future<Long>> results = new ArrayList<>();
        for (int i = 0; i < WORKERS; i++) {
            int id = i;
            results.add(pool.submit(() -> work(id)));
        }
        timer.scheduleAtFixedRate(TICKS::incrementAndGet, 1, 5, TimeUnit.MILLISECONDS);
        Process cat = new ProcessBuilder("cat").start();
        BufferedReader from = new BufferedReader(new InputStreamReader(cat.getInputStream()));
        expect(child(cat, from, "before").equals("before"), "the child's first line");
        String digest = digest(7);
        ByteBuffer direct = ByteBuffer.allocateDirect(1 << 20);
        direct.putLong(4096, 42);
        Path file = Path.of("mapped");
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            MappedByteBuffer mapped = access.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, 1 << 16);
            mapped.putLong(100, 43);
            STARTED.await();
            Files.createFile(Path.of("ready"));
            while (!Files.exists(Path.of("go"))) {
                Thread.sleep(5);
            }
            long ticks = TICKS.get();
            expect(mapped.getLong(100) == 43, "the mapped file");
            expect(direct.getLong(4096) == 42, "direct memory");
            long before = ROUNDS.get();
            while (ROUNDS.get() < before + 20 || TICKS.get() < ticks + 3) {
                Thread.sleep(5);
            }
        }
        stop = true;
        for (Future<Long> result : results) {
            expect(result.get() > 0, "the sum of a worker");
        }
        System.gc();
        expect(digest(System.getenv("CKPT_TEST_SABOTAGE") == null ? 7 : 8).equals(digest), "a digest");
        expect(child(cat, from, "after").equals("after"), "the child's last line");
        cat.getOutputStream().close();
        expect(cat.waitFor() == 0, "the child's status");
        Process late = new ProcessBuilder("sh", "-c", "exit 5").start();
        expect(late.waitFor() == 5, "the status of a process started late");
        pool.shutdown();
        timer.shutdown();
        System.out.println("pass");
    }
}
