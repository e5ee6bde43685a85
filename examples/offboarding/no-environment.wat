;; A component that answers every question for environment variables, arguments and the working directory with nothing. Plugged into a
;; caller before the operation is, it keeps the operation's secrets out of the caller's reach.
(component
  (core module $nothing
    (memory (export "memory") 1)
    ;; An empty list and an absent option look the same here: zeros.
    (func (export "nothing") (result i32) (i32.const 16)))
  (core instance $i (instantiate $nothing))
  (alias core export $i "memory" (core memory $memory))
  (func $variables (result (list (tuple string string))) (canon lift (core func $i "nothing") (memory $memory)))
  (func $arguments (result (list string)) (canon lift (core func $i "nothing") (memory $memory)))
  (func $directory (result (option string)) (canon lift (core func $i "nothing") (memory $memory)))
  (instance $environment
    (export "get-environment" (func $variables))
    (export "get-arguments" (func $arguments))
    (export "initial-cwd" (func $directory)))
  (export "wasi:cli/environment@0.2.0" (instance $environment)))
