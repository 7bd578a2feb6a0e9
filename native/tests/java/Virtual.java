// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;

/** Virtual threads at work: a thousand that sleep, wait for each other and add up, some forty at a time. */
public final class Virtual {
    private Virtual() {
    }

    private static long pass(SynchronousQueue<Long> from, SynchronousQueue<Long> to) throws InterruptedException {
        long count = 0;
        for (long n = from.take(); n >= 0; n = from.take()) {
            to.put(n + 1);
            count++;
        }
        to.put(-1L);
        return count;
    }

    public static void main(String[] arguments) throws Exception {
        final int links = 40;
        List<SynchronousQueue<Long>> queues = new ArrayList<>();
        List<Future<Long>> results = new ArrayList<>();
        long rounds = 0;
        boolean right = true;
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i <= links; i++) {
                queues.add(new SynchronousQueue<>());
            }
            for (int i = 0; i < links; i++) {
                var from = queues.get(i);
                var to = queues.get(i + 1);
                results.add(executor.submit(() -> pass(from, to)));
            }
            for (int i = 0; i < 1000; i++) {
                executor.submit(() -> {
                    while (!Files.exists(Path.of("go"))) {
                        Thread.sleep(10 + (long) (Math.random() * 20));
                    }
                    return 0;
                });
            }
            Files.createFile(Path.of("ready"));
            while (!Files.exists(Path.of("go")) || rounds < 50) {
                queues.get(0).put(rounds);
                right &= queues.get(links).take() == rounds + links;
                rounds++;
            }
            queues.get(0).put(-1L);
            right &= queues.get(links).take() == -1;
        }
        for (Future<Long> result : results) {
            right &= result.get() == rounds + (System.getenv("CKPT_TEST_SABOTAGE") == null ? 0 : 1);
        }
        System.out.println(right ? "pass" : "fail: a number got lost");
        System.exit(right ? 0 : 1);
    }
}
