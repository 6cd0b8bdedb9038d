//! That a runtime is let be for a while, said once for all sessions.

use leptos::prelude::*;

use super::toaster::CopyDetails;
use crate::model::usage::RuntimeTrouble;
use crate::time::Clock;

#[component]
pub fn RuntimeBanner(troubles: RwSignal<Vec<RuntimeTrouble>>, clock: Clock) -> impl IntoView {
    move || {
        let troubles = troubles.get();
        let names: Vec<_> = troubles.iter().map(|trouble| format!("“{}”", trouble.runtime)).collect();
        let details = format!("{troubles:?}");
        let told = troubles
            .into_iter()
            .map(|RuntimeTrouble { runtime, detail, since, retry_at }| {
                view! {
                    <p>{format!("{runtime}: {detail}")}</p>
                    <p class="banner-when">
                        {move || format!("Since: {}. It is tried again {}.", clock.ago(&since), clock.until(&retry_at))}
                    </p>
                }
            })
            .collect_view();
        (!names.is_empty()).then(|| {
            view! {
                <section class="failure banner" aria-label="Runtime">
                    <p role="alert">
                        <strong>
                            {format!("No session can be made or started: {} keeps failing.", names.join(" and "))}
                        </strong>
                    </p>
                    {told}
                    <p>"Sessions that run go on. If this stays, send the details to whoever runs this server."</p>
                    <CopyDetails details/>
                </section>
            }
        })
    }
}
