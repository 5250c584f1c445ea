"""What stands between the application and localstripe, so that both together answer like Stripe.

localstripe keeps customers, payment methods, intents, charges and refunds. The shim adds what it lacks and mends what it
answers differently from Stripe's documentation, for the calls a booking makes. Everything else is passed through.

What Stripe does                                         | localstripe 1.15.10                    | mended in
---------------------------------------------------------|----------------------------------------|---------------
`Idempotency-Key`: same answer again, 400 on other        | ignored                                | idempotency.py
parameters, 409 while the first runs                      |                                        |
webhooks for 3-D Secure, manual capture, cancel, refund;  | only succeeded and payment_failed,     | webhooks.py
repeated until answered 2xx                               | after 1 s, once                        |
`pm_card_...` test names                                  | three of them, a new card at each use  | cards.py
declining cards (...0002, ...9995 and the others) decline | only when attached to a customer;      | cards.py
at confirm, with their own `code` and `decline_code`      | 0341 at confirm (not at capture)       |
confirm with `payment_method`, and confirm again after    | 500, and 400                           | intents.py
a decline with another card on the same intent            |                                        |
confirm: `return_url` gives `next_action.redirect_to_url` | refused; an empty `use_stripe_sdk`     | intents.py
`description`, `payment_method_types`, `receipt_email`,   | refused as unexpected                  | intents.py
`automatic_payment_methods`, `cancellation_reason`, ...   |                                        |
`latest_charge` is an id unless expanded; no `charges`    | always the whole charge, twice         | intents.py
`amount_capturable`, `amount_received`, `canceled_at`     | missing                                | intents.py
after a decline `payment_method` is null and              | keeps it; code and message only        | intents.py
`last_payment_error` is the whole card error              |                                        |
a failed authentication sends payment_failed              | nothing                                | intents.py
402 is a `card_error` with `decline_code`, `charge`,      | `invalid_request_error`, no more       | errors.py
and the `payment_intent`                                  |                                        |
confirm, capture, cancel in the wrong state: 400          | 400 "Bad request", or a crash (500)    | intents.py
`payment_intent_unexpected_state` with the intent         |                                        |
capture above the amount: 400 `amount_too_large`          | 400 "Bad request"                      | intents.py
capturing a part releases the rest                        | books the rest as a refund             | intents.py
refund without amount: what is left of the captured       | the whole amount, every time           | refunds.py
amount; above that 400, `charge_already_refunded`         |                                        |
disputes; refunds that are pending or fail                | none                                   | disputes.py, refunds.py
webhook endpoints                                         | none                                   | endpoints.py
currencies, multiples, minimum and maximum of an amount   | any integer is charged                 | currencies.py
a missing id in the URL: 404 `resource_missing`           | 404 without a code                     | errors.py

For tests (no key needed): `POST /_config`, `POST /_fault`, `GET /_requests`, `GET /_events`, `POST /_events/{id}/send`,
`GET /_3ds/{intent}`; see server.py.
"""
