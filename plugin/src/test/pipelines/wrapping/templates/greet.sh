#!/bin/bash -e
echo "\${LD_PRELOAD-}" > seen.txt
echo "template $word" > result.txt
