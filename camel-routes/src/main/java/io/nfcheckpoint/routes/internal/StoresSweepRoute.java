// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The nf-checkpoint authors
package io.nfcheckpoint.routes.internal;

import io.nfcheckpoint.natives.CheckpointException;
import io.nfcheckpoint.natives.StoreView;
import io.nfcheckpoint.routes.Endpoints;
import io.nfcheckpoint.routes.StoreLabels;
import io.nfcheckpoint.routes.StoresSweep;
import io.nfcheckpoint.routes.StoresSwept;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.camel.builder.RouteBuilder;

/** Stores that nothing can continue any more are removed, and one line says how many and how much. */
final class StoresSweepRoute extends RouteBuilder {

    private final Stores stores;
    private final UserLog log;

    StoresSweepRoute(Stores stores, UserLog log) {
        this.stores = stores;
        this.log = log;
    }

    @Override
    public void configure() {
        from(Endpoints.STORES_SWEEP)
                .routeId("stores-sweep")
                .transform()
                .body(StoresSweep.class, this::sweep)
                .process(exchange -> log.swept(exchange.getMessage().getBody(StoresSwept.class)));
    }

    private StoresSwept sweep(StoresSweep sweep) {
        var swept = StoresSwept.NOTHING;
        for (Path root : sweep.roots()) {
            for (Path store : stores.below(root)) {
                swept = sweep(store, sweep, swept);
            }
            stores.removeEmptyFolders(root);
        }
        return swept;
    }

    /** One that cannot be read, or is in use, stays. */
    private StoresSwept sweep(Path store, StoresSweep sweep, StoresSwept before) {
        try {
            Optional<StoreView> view = stores.view(store);
            Optional<String> why = view.flatMap(each -> OrphanDecider.whyUseless(each, places(each), sweep));
            if (why.isEmpty()) {
                return before;
            }
            long bytes = stores.removeUnused(store);
            log.removed(store, why.get());
            return before.plus(bytes);
        } catch (CheckpointException e) {
            log.kept(store, e);
            return before;
        }
    }

    private static OrphanDecider.Places places(StoreView store) {
        return new OrphanDecider.Places(
                isDirectory(store, StoreLabels.PROJECT), isDirectory(store, StoreLabels.DIRECTORY));
    }

    /** What no label names counts as there. */
    private static boolean isDirectory(StoreView store, String label) {
        return store.task()
                .map(task -> task.labels().get(label))
                .map(directory -> Files.isDirectory(Path.of(directory)))
                .orElse(true);
    }
}
